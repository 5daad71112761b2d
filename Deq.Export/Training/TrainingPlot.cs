using Deq.Export.Plots;
using ScottPlot;

namespace Deq.Export.Training;

/// <summary>One diagram of a run's picture.</summary>
/// <param name="Title">With the unit.</param>
/// <param name="Curves">What each is called and the log's column that it shows.</param>
internal sealed record PlotPanel(string Title, params IReadOnlyList<(string Label, string Column)> Curves)
{
    /// <summary>Whether the logarithms to base 10 are shown.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Whether curves rise, so that the legend is at the bottom.</summary>
    public bool Rises { get; init; }
}

/// <summary>The curves of a run as a picture, read from the columns of its log.</summary>
internal static class TrainingPlot
{
    private const int Columns = 2;
    private const int Width = 1100;
    private const int RowHeight = 305;

    /// <summary>A PNG of 1100 pixels' width and 305 per row of two panels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="log">At least one line.</param>
    /// <param name="panels">What to draw.</param>
    public static byte[] Png(string name, TrainingLog log, IReadOnlyList<PlotPanel> panels)
    {
        _ = PlotFont.IsAvailable;
        int rows = (panels.Count + Columns - 1) / Columns;
        var figure = new Multiplot();
        figure.AddPlots(panels.Count);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows, Columns);
        for (int i = 0; i < panels.Count; i++)
        {
            Plot plot = figure.GetPlot(i);
            plot.Title(i == 0 ? $"{name}: {panels[i].Title}" : panels[i].Title);
            plot.XLabel(log.Unit);
            Draw(plot, log, panels[i]);
        }

        return figure.Render(Width, rows * RowHeight).GetImageBytes(ImageFormat.Png);
    }

    private static void Draw(Plot plot, TrainingLog log, PlotPanel panel)
    {
        foreach ((string label, string column) in panel.Curves)
        {
            (double At, double Value)[] shown =
            [
                .. log.Column(log.Unit).Zip(log.Column(column), (at, value) => (at, Value: panel.IsLogarithmic ? Math.Log10(value) : value))
                    .Where(point => double.IsFinite(point.Value)),
            ];
            ScottPlot.Plottables.Scatter curve = plot.Add.Scatter(
                shown.Select(point => point.At).ToArray(), shown.Select(point => point.Value).ToArray());
            curve.LegendText = label;
            curve.MarkerSize = shown.Length > 40 ? 0 : 5;
        }

        if (panel.Curves.Count > 1)
        {
            plot.ShowLegend(panel.Rises ? Alignment.LowerRight : Alignment.UpperRight);
        }
    }
}
