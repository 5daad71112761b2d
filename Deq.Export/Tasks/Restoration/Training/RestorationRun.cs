using Deq.Export.Graphs;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>The training run of a restorer: steps on noisy patches, validated on pictures that are held out.</summary>
internal sealed class RestorationRun : ITrainingRun
{
    private readonly RestorationRecipe _recipe;
    private readonly RestorationStep _step;
    private readonly RestorationValidation _validation;

    /// <summary>Builds the model.</summary>
    public RestorationRun(RestorationRecipe recipe, GreyPhotographs photographs, Device device)
    {
        _recipe = recipe;
        ModelGraphs graphs = RidgeRegularizer.Build(recipe.Architecture);
        var network = new EquilibriumNetwork(graphs);
        State = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        var split = new PictureSplit(photographs.All.Count, recipe.Training.HeldOutEvery);
        GreyPhotographs trained = split.HoldsOut ? photographs.Part(split.Every, isHeldOut: false) : photographs;
        GreyPhotographs heldOut = split.HoldsOut ? photographs.Part(split.Every, isHeldOut: true) : photographs;
        _step = new RestorationStep(recipe, network, State, trained, device);
        _validation = new RestorationValidation(recipe, network, heldOut, device);
        Plan = new TrainingPlan
        {
            Task = RestorationTask.TaskName,
            Name = recipe.Name,
            Description = $"{recipe.Training.Steps} steps of {recipe.Training.BatchSize} patches from "
                + (split.HoldsOut ? $"{trained.All.Count} pictures, {heldOut.All.Count} held out" : "one picture, on which it is validated too") + $", seed {recipe.Seed}",
            Split = split.Text,
            Steps = recipe.Training.Steps,
            ReportEvery = recipe.Training.ReportEvery,
            GradientClip = recipe.Training.GradientClip,
            Columns = Columns,
            Panels = Panels,
            Shown = [("loss", "F3"), ("evaluations", "F1"), ("backward_evaluations", "F1")],
        };
    }

    /// <inheritdoc/>
    public TrainingPlan Plan { get; }

    /// <inheritdoc/>
    public TrainingState State { get; }

    /// <summary>Of the picture of the log.</summary>
    public static IReadOnlyList<PlotPanel> Panels { get; } =
    [
        new("squared error in training by σ (grey levels)", [("loss", "loss")]),
        new("PSNR of held-out crops (dB)", [.. RestorationValidation.Sigmas.Select(sigma => ($"σ = {sigma}", $"psnr_{sigma}"))]) { Rises = true },
        new("evaluations", [("training", "evaluations"), ("backward", "backward_evaluations")]),
    ];

    private static LogColumn[] Columns { get; } =
    [
        new("step", report => report.Step, "0"),
        new("seconds", report => report.TrainingSeconds, "0"),
        new("loss", report => report.Means["loss"], "F3"),
        new("evaluations", report => report.Means["evaluations"], "F1"),
        new("residual", report => report.Means["residual"], "0.0e0"),
        new("backward_evaluations", report => report.Means["backward_evaluations"], "F1"),
        new("backward_residual", report => report.Means["backward_residual"], "0.0e0"),
        .. RestorationValidation.Sigmas.SelectMany(sigma => (LogColumn[])
        [
            new($"psnr_{sigma}", report => report.Held[$"psnr_{sigma}"], "F2"), new($"evaluations_{sigma}", report => report.Held[$"evaluations_{sigma}"], "F1"),
            new($"residual_{sigma}", report => report.Held[$"residual_{sigma}"], null),
        ]),
        .. RestorationValidation.Operators.SelectMany(lossy => (LogColumn[])
        [
            new($"psnr_{lossy.Name}", report => report.Held[$"psnr_{lossy.Name}"], "F2"), new($"evaluations_{lossy.Name}", report => report.Held[$"evaluations_{lossy.Name}"], "F1"),
        ]),
    ];

    /// <inheritdoc/>
    public double RateAt(long step) =>
        _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, step / (double)_recipe.Training.Steps, epochs: 1);

    /// <inheritdoc/>
    public double AverageDecayAt(long step) => _recipe.Training.AverageDecay;

    /// <inheritdoc/>
    public StepObjective Objective(long step) => _step.Make((int)step);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Validate() => _validation.Run(State.Average);

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        State.Dispose();
    }
}
