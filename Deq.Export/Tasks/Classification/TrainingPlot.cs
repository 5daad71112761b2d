using Deq.Export.Plots;
using Deq.Export.Training;
using ScottPlot;

namespace Deq.Export.Tasks.Classification;

/// <summary>The curves of a run as a picture: loss, accuracy, evaluations, residual, spectral radius.</summary>
public static class TrainingPlot
{
    private const int Width = 1100;
    private const int Height = 900;

    private static readonly IReadOnlyList<(string Title, Alignment Legend, (string Name, Func<EpochReport, double> Value)[] Curves)> Panels =
    [
        ("loss in training (nats)", Alignment.UpperRight, [("training", report => report.Loss)]),
        ("accuracy", Alignment.LowerRight, [("training, augmented", report => report.TrainingAccuracy), ("held out", report => report.Accuracy)]),
        ("evaluations per image", Alignment.UpperRight, [("training", report => report.TrainingEvaluations), ("held out", report => report.Evaluations)]),
        ("log10 of the residual", Alignment.UpperRight,
            [("training", report => Logarithm(report.TrainingResidual)), ("held out", report => Logarithm(report.Residual))]),
        ("spectral radius of ∂f/∂z, held out", Alignment.UpperRight, [("held out", report => report.SpectralRadius)]),
        ("share converged, held out", Alignment.LowerRight, [("held out", report => report.ConvergedShare)]),
    ];

    /// <summary>Writes the picture to a file.</summary>
    public static void Write(string path, string name, IReadOnlyList<EpochReport> epochs) => File.WriteAllBytes(path, Png(name, epochs));

    /// <summary>A PNG of 1100 × 900 pixels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="epochs">At least one.</param>
    public static byte[] Png(string name, IReadOnlyList<EpochReport> epochs)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        _ = PlotFont.IsAvailable;
        var figure = new Multiplot();
        figure.AddPlots(Panels.Count);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows: 3, columns: 2);
        for (int i = 0; i < Panels.Count; i++)
        {
            Plot plot = figure.GetPlot(i);
            plot.Title(i == 0 ? $"{name}: {Panels[i].Title}" : Panels[i].Title);
            plot.XLabel("epoch");
            foreach ((string label, Func<EpochReport, double> value) in Panels[i].Curves)
            {
                EpochReport[] shown = [.. epochs.Where(report => double.IsFinite(value(report)))];
                ScottPlot.Plottables.Scatter curve = plot.Add.Scatter(
                    shown.Select(report => (double)report.Epoch).ToArray(), shown.Select(value).ToArray());
                curve.LegendText = label;
            }

            if (Panels[i].Curves.Length > 1)
            {
                plot.ShowLegend(Panels[i].Legend);
            }
        }

        return figure.Render(Width, Height).GetImageBytes(ImageFormat.Png);
    }

    private static double Logarithm(double value) => value > 0 ? Math.Log10(value) : double.NaN;
}
