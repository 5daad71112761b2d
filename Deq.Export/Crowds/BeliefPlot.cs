using Deq.Export.Plots;
using ScottPlot;

namespace Deq.Export.Crowds;

/// <summary>Belief against truth as a picture: how often decisions of equal posterior were right, on tasks of known truth.</summary>
internal static class BeliefPlot
{
    private const int Width = 900;
    private const int Height = 620;
    private const int MostGroups = 10;
    private const int LeastTasks = 8;

    /// <summary>Decisions of about equal posterior.</summary>
    /// <param name="Posterior">Their mean posterior.</param>
    /// <param name="Right">The share that was right.</param>
    /// <param name="Error">The standard error of that share.</param>
    public sealed record Group(double Posterior, double Right, double Error);

    /// <summary>A PNG of 900 × 620 pixels.</summary>
    /// <param name="name">Of the crowd.</param>
    /// <param name="report">Its tasks.</param>
    public static byte[] Png(string name, CrowdReport report)
    {
        _ = PlotFont.IsAvailable;
        using var plot = new Plot();
        plot.Title($"{name}: belief against truth");
        plot.XLabel("posterior of the label decided for");
        plot.YLabel("share that was right (± standard error)");
        plot.Add.Line(0, 0, 1, 1).LinePattern = LinePattern.Dashed;
        Add(plot, "as if votes were independent", Groups(report.Items, item => item.Posterior));
        if (report.Temperature is not null)
        {
            Add(plot, "corrected", Groups(report.Items, item => item.PosteriorCorrected!.Value));
        }

        plot.Axes.SetLimits(0, 1.02, 0, 1.05);
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);
    }

    /// <summary>Tasks of known truth in groups of equal size, by posterior.</summary>
    public static IReadOnlyList<Group> Groups(IReadOnlyList<CrowdItem> items, Func<CrowdItem, double> posterior)
    {
        CrowdItem[] known = [.. items.Where(item => item.IsRight is not null).OrderBy(posterior)];
        int groups = Math.Clamp(known.Length / LeastTasks, 1, MostGroups);
        return
        [
            .. Enumerable.Range(0, known.Length == 0 ? 0 : groups).Select(i =>
            {
                CrowdItem[] own = known[(i * known.Length / groups)..((i + 1) * known.Length / groups)];
                double right = own.Average(item => item.IsRight == true ? 1.0 : 0);
                return new Group(own.Average(posterior), right, Math.Sqrt(right * (1 - right) / own.Length));
            }),
        ];
    }

    private static void Add(Plot plot, string name, IReadOnlyList<Group> groups)
    {
        if (groups.Count == 0)
        {
            return;
        }

        double[] x = [.. groups.Select(group => group.Posterior)];
        double[] y = [.. groups.Select(group => group.Right)];
        ScottPlot.Plottables.Scatter points = plot.Add.Scatter(x, y);
        points.LegendText = name;
        points.LineWidth = 2;
        points.MarkerSize = 8;
        plot.Add.ErrorBar(x, y, [.. groups.Select(group => group.Error)]).Color = points.Color;
    }
}
