using System.Text;

namespace Deq.Export.Training;

/// <summary>The log of a run as CSV: one line per epoch.</summary>
public static class TrainingLog
{
    private static readonly IReadOnlyList<(string Name, Func<EpochReport, object> Value)> Columns =
    [
        ("epoch", report => report.Epoch),
        ("phase", report => report.Phase),
        ("loss", report => report.Loss),
        ("training_accuracy", report => report.TrainingAccuracy),
        ("training_evaluations", report => report.TrainingEvaluations),
        ("training_residual", report => report.TrainingResidual),
        ("backward_evaluations", report => report.BackwardEvaluations),
        ("jacobian_penalty", report => report.JacobianPenalty),
        ("accuracy", report => report.Accuracy),
        ("evaluations", report => report.Evaluations),
        ("residual", report => report.Residual),
        ("converged_share", report => report.ConvergedShare),
        ("spectral_radius", report => report.SpectralRadius),
        ("learning_rate", report => report.LearningRate),
        ("seconds", report => report.Seconds),
        ("gradient_cosine", report => report.GradientCosine),
        ("peak_memory_mib", report => report.PeakMemoryMebibytes),
    ];

    /// <summary>Writes the whole log.</summary>
    public static void Write(string path, IReadOnlyList<EpochReport> epochs) => File.WriteAllText(path, Text(epochs));

    /// <summary>The whole log.</summary>
    public static string Text(IReadOnlyList<EpochReport> epochs)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        var text = new StringBuilder().AppendJoin(',', Columns.Select(column => column.Name)).Append('\n');
        foreach (EpochReport report in epochs)
        {
            text.AppendJoin(',', Columns.Select(column => column.Value(report) is double number ? number.ToString("G6") : column.Value(report)))
                .Append('\n');
        }

        return text.ToString();
    }
}
