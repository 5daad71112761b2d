using Deq.Export.Plots;
using Deq.Export.Tasks.Flow.Training;
using ScottPlot;

namespace Deq.Export.Tasks.Flow;

/// <summary>The curves of a flow estimator's run as a picture: loss, error from cold, error from the carried state, what evaluations still change.</summary>
internal static class FlowTrainingPlot
{
    private const int Width = 1100;
    private const int Height = 620;

    private static readonly int[] s_budgets = [2, 4, 12, 48];

    private static readonly IReadOnlyList<(string Title, (string Name, string Column)[] Curves)> Panels =
    [
        ("loss in training", [("loss", "loss")]),
        ("endpoint error from cold, held out (pixels)", [.. s_budgets.Select(budget => ($"{budget} evaluations", $"cold_{budget}")), ("zero flow", "zero_epe")]),
        ("endpoint error from the carried state, held out (pixels)", [.. s_budgets.Select(budget => ($"{budget} evaluations", $"carried_{budget}"))]),
        ("log10 of the last change (pixels)", [.. s_budgets.Select(budget => ($"{budget} evaluations", $"change_{budget}"))]),
    ];

    /// <summary>A PNG of 1100 × 620 pixels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="log">At least one line.</param>
    public static byte[] Png(string name, FlowLog log)
    {
        _ = PlotFont.IsAvailable;
        var figure = new Multiplot();
        figure.AddPlots(Panels.Count);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows: 2, columns: 2);
        for (int i = 0; i < Panels.Count; i++)
        {
            Plot plot = figure.GetPlot(i);
            plot.Title(i == 0 ? $"{name}: {Panels[i].Title}" : Panels[i].Title);
            plot.XLabel("step");
            foreach ((string label, string column) in Panels[i].Curves)
            {
                (double Step, double Value)[] shown =
                [
                    .. log.Steps.Zip(log.Column(column), (step, value) => (step, Value: column.StartsWith("change", StringComparison.Ordinal) ? Math.Log10(value) : value))
                        .Where(point => double.IsFinite(point.Value)),
                ];
                ScottPlot.Plottables.Scatter curve = plot.Add.Scatter(
                    shown.Select(point => point.Step).ToArray(), shown.Select(point => point.Value).ToArray());
                curve.LegendText = label;
                curve.MarkerSize = 0;
            }

            if (Panels[i].Curves.Length > 1)
            {
                plot.ShowLegend(Alignment.UpperRight);
            }
        }

        return figure.Render(Width, Height).GetImageBytes(ImageFormat.Png);
    }
}
