using System.Globalization;
using System.Text.Json;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>Reads the progress of classifiers' checkpoints that were written before checkpoints named their task: epochs in place of steps, and sums by property.</summary>
internal static class EarlierProgress
{
    private static readonly IReadOnlyList<(string Column, string Property)> Columns =
    [
        ("epoch", "epoch"), ("phase", "phase"), ("loss", "loss"), ("training_accuracy", "trainingAccuracy"),
        ("training_evaluations", "trainingEvaluations"), ("training_residual", "trainingResidual"), ("backward_evaluations", "backwardEvaluations"),
        ("jacobian_penalty", "jacobianPenalty"), ("accuracy", "accuracy"), ("evaluations", "evaluations"), ("residual", "residual"),
        ("converged_share", "convergedShare"), ("spectral_radius", "spectralRadius"), ("learning_rate", "learningRate"), ("seconds", "seconds"),
        ("gradient_cosine", "gradientCosine"), ("peak_memory_mib", "peakMemoryMebibytes"),
    ];

    private static readonly IReadOnlyList<(string Name, string Sum, string Weight)> Sums =
    [
        ("loss", "loss", "images"), ("accuracy", "right", "images"), ("evaluations", "evaluations", "images"), ("residual", "residual", "images"),
        ("backward_evaluations", "backwardEvaluations", "images"), ("jacobian_penalty", "penalty", "penalties"), ("gradient_cosine", "cosine", "comparisons"),
    ];

    /// <summary>Reads it; null where it is of another task.</summary>
    /// <param name="progress">The root of <c>progress.json</c>.</param>
    /// <param name="stepsPerEpoch">Of the run; where only whole epochs matter, any.</param>
    public static TrainingProgress? Read(JsonElement progress, int stepsPerEpoch)
    {
        if (!progress.TryGetProperty("labels", out JsonElement labels) || !progress.TryGetProperty("epochs", out JsonElement epochs))
        {
            return null;
        }

        JsonElement sums = progress.GetProperty("sums");
        double best = Number(progress, "bestAccuracy");
        return new TrainingProgress
        {
            Task = ClassifierTask.TaskName,
            Device = progress.TryGetProperty("device", out JsonElement device) ? device.GetString()! : "cpu",
            Step = ((long)Number(progress, "epoch") * stepsPerEpoch) + (long)Number(progress, "step"),
            Seconds = Number(sums, "seconds"),
            Means = new RunningMeans
            {
                Sums = Sums.ToDictionary(sum => sum.Name, sum => new WeightedSum(Number(sums, sum.Sum), Number(sums, sum.Weight))),
            },
            Log = epochs.GetArrayLength() == 0 ? [] : [string.Join(',', Columns.Select(column => column.Column)), .. epochs.EnumerateArray().Select(Line)],
            BestScore = best < 0 ? null : best,
            OutputNames = [.. labels.EnumerateArray().Select(label => label.GetString()!)],
        };
    }

    private static string Line(JsonElement epoch) => string.Join(',', Columns.Select(column => Cell(epoch, column.Property)));

    private static string Cell(JsonElement epoch, string property) =>
        !epoch.TryGetProperty(property, out JsonElement value) ? "NaN"
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : value.GetDouble().ToString("G6", CultureInfo.InvariantCulture);

    private static double Number(JsonElement values, string property) =>
        values.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
}
