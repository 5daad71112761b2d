using System.Text.Json;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>The training run of a flow estimator: steps on drawn clips, validated on others.</summary>
internal sealed class FlowRun : ITrainingRun
{
    private static readonly int[] s_plotted = [2, 4, 12, 48];

    private readonly FlowRecipe _recipe;
    private readonly FlowTrainingStep _step;
    private readonly FlowValidation _validation;

    /// <summary>Builds the model.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="device">Where to train.</param>
    public FlowRun(FlowRecipe recipe, Device device)
    {
        _recipe = recipe;
        Photographs? photographs = recipe.Photographs is { } folder ? Photographs.Open(folder) : null;
        var network = new EquilibriumNetwork(FlowEstimator.Build(recipe.Architecture).Model);
        State = new TrainingState(recipe.Seed, recipe.Optimizer, network.Graphs.Weights, device);
        _step = new FlowTrainingStep(recipe, network, State, photographs, device);
        _validation = new FlowValidation(recipe, network, photographs, device);
        Plan = new TrainingPlan
        {
            Task = FlowTask.TaskName,
            Name = recipe.Name,
            Description = $"{recipe.Training.Steps} steps of {recipe.Training.BatchSize} pairs, seed {recipe.Seed}",
            Steps = recipe.Training.Steps,
            ReportEvery = recipe.Training.ReportEvery,
            GradientClip = recipe.Training.GradientClip,
            Columns = Columns(),
            Panels = Panels,
            Shown = [("loss", "F4"), ("training_epe", "F3"), ("evaluations", "F1")],
            ReadEarlier = ReadEarlier,
        };
    }

    /// <summary>Of the picture of the log.</summary>
    public static IReadOnlyList<PlotPanel> Panels { get; } =
    [
        new("loss in training", [("loss", "loss")]),
        new("endpoint error from cold, held out (pixels)", [.. Each("cold"), ("zero flow", "zero_epe")]),
        new("log10 of the last change (pixels)", [.. Each("change")]) { IsLogarithmic = true },
    ];

    /// <inheritdoc/>
    public TrainingPlan Plan { get; }

    /// <inheritdoc/>
    public TrainingState State { get; }

    /// <summary>Nothing: every step follows from its number and the weights.</summary>
    public IReadOnlyDictionary<string, Tensor> Carried { get; } = new Dictionary<string, Tensor>();

    /// <summary>Reads the progress of a checkpoint that was written before checkpoints named their task; null where it is of another.</summary>
    public static TrainingProgress? ReadEarlier(JsonElement progress) =>
        progress.TryGetProperty("log", out JsonElement log) && log.ValueKind == JsonValueKind.Array
            ? new TrainingProgress
            {
                Task = FlowTask.TaskName,
                Device = progress.TryGetProperty("device", out JsonElement device) ? device.GetString()! : "cpu",
                Step = progress.GetProperty("step").GetInt64(),
                Log = [.. log.EnumerateArray().Select(line => line.GetString()!)],
            }
            : null;

    /// <inheritdoc/>
    public double RateAt(long step) => _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, step / (double)_recipe.Training.Steps, epochs: 1);

    /// <inheritdoc/>
    public double AverageDecayAt(long step) => _recipe.Training.AverageDecay;

    /// <inheritdoc/>
    public StepObjective Objective(long step) => _step.Make((int)step).Objective;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Validate() => _validation.Run(State.Average);

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> carried)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => State.Dispose();

    private static IEnumerable<(string Label, string Column)> Each(string kind) =>
        s_plotted.Select(budget => ($"{budget} evaluations", $"{kind}_{budget}"));

    private static LogColumn[] Columns() =>
    [
        new("step", report => report.Step, "0"),
        new("seconds", report => report.TrainingSeconds, "0"),
        new("loss", report => report.Means["loss"], "F4"),
        new("training_epe", report => report.Means["training_epe"]),
        new("training_guess_epe", report => report.Means["training_guess_epe"]),
        new("evaluations", report => report.Means["evaluations"]),
        new("change", report => report.Means["change"]),
        new("learning_rate", report => report.LearningRate),
        Held("zero_epe", "0.000"),
        .. FlowValidation.Budgets.SelectMany(budget => (LogColumn[])
        [
            Held($"cold_{budget}", "0.000"), Held($"visible_{budget}", null), Held($"change_{budget}", null),
        ]),
    ];

    private static LogColumn Held(string name, string? shown) => new(name, report => report.Held[name], shown);
}
