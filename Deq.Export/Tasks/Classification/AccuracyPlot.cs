using Deq.Export.Plots;
using ScottPlot;

namespace Deq.Export.Tasks.Classification;

/// <summary>Accuracy against evaluations as a picture.</summary>
public static class AccuracyPlot
{
    private const int Width = 900;
    private const int Height = 560;

    /// <summary>A PNG of 900 × 560 pixels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="reports">The measured curve.</param>
    public static byte[] Png(string name, IReadOnlyList<EvaluationReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        _ = PlotFont.IsAvailable;
        using var plot = new Plot();
        plot.Title($"{name}: accuracy against evaluations");
        plot.XLabel("budget (evaluations of f)");
        plot.YLabel("accuracy (%)");
        foreach (IGrouping<string, EvaluationReport> method in reports.GroupBy(report => report.Solver))
        {
            ScottPlot.Plottables.Scatter curve = plot.Add.Scatter(
                method.Select(report => (double)report.MaxEvaluations).ToArray(), method.Select(report => 100 * report.Accuracy).ToArray());
            curve.LegendText = method.Key;
            curve.LineWidth = 2;
            curve.MarkerSize = 7;
        }

        plot.ShowLegend(Alignment.LowerRight);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);
    }
}
