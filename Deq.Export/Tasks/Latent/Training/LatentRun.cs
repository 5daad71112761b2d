using Deq.Export.Datasets;
using Deq.Export.Graphs;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>The training run of a latent decoder.</summary>
internal sealed class LatentRun : ITrainingRun
{
    private readonly LatentRecipe _recipe;
    private readonly LatentStep _step;
    private readonly LatentValidation _validation;

    /// <summary>Builds the model.</summary>
    /// <exception cref="DatasetException">The images are of another size than the recipe says, or no more than are held out.</exception>
    public LatentRun(LatentRecipe recipe, IdxImages images, Device device)
    {
        if (images.Height != recipe.Image.Height || images.Width != recipe.Image.Width)
        {
            throw new DatasetException(recipe.Name, $"The images are {images.Height} × {images.Width} pixels; the recipe says {recipe.Image.Height} × {recipe.Image.Width}.");
        }

        if (images.Count <= recipe.Training.HeldOut)
        {
            throw new DatasetException(recipe.Name, $"There are {images.Count} images, and training.heldOut is {recipe.Training.HeldOut}: none would be left to train on.");
        }

        _recipe = recipe;
        ModelGraphs graphs = LatentDecoder.Build(recipe.Decoder, recipe.Image);
        var network = new EquilibriumNetwork(graphs);
        State = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        _step = new LatentStep(recipe, network, State, images, device);
        _validation = new LatentValidation(recipe, network, images, device);
        Plan = new TrainingPlan
        {
            Task = LatentTask.TaskName,
            Name = recipe.Name,
            Description = $"{recipe.Training.Steps} steps of {recipe.Training.BatchSize} of {images.Count - recipe.Training.HeldOut} images, {recipe.Training.HeldOut} held out, seed {recipe.Seed}",
            Split = $"{images.Count} images, {recipe.Training.HeldOut} held out",
            Steps = recipe.Training.Steps,
            ReportEvery = recipe.Training.ReportEvery,
            GradientClip = recipe.Training.GradientClip,
            Columns = Columns,
            Panels = Panels,
            Shown = [("error", "F2"), ("residual", "F3")],
        };
    }

    /// <inheritdoc/>
    public TrainingPlan Plan { get; }

    /// <inheritdoc/>
    public TrainingState State { get; }

    /// <summary>Of the picture of the log.</summary>
    public static IReadOnlyList<PlotPanel> Panels { get; } =
    [
        new("half squared error in training, per image", [("error", "error")]),
        new("PSNR of held-out images (dB)", [("PSNR", "psnr")]) { Rises = true },
        new("relative residual of z", [("training", "residual"), ("held out", "held_residual")]),
    ];

    private static LogColumn[] Columns { get; } =
    [
        new("step", report => report.Step, "0"),
        new("seconds", report => report.TrainingSeconds, "0"),
        new("error", report => report.Means["error"], "F3"),
        new("residual", report => report.Means["residual"], "0.0e0"),
        new("latent", report => report.Means["latent"], "F3"),
        new("psnr", report => report.Held["psnr"], "F2"),
        new("held_residual", report => report.Held["residual"], "0.0e0"),
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
    public void Dispose() => State.Dispose();
}
