using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>The training run of a classifier: epochs over labelled images, validated on held-out ones.</summary>
internal sealed class ClassifierRun : ITrainingRun
{
    private const string Equilibrium = "equilibrium";

    private readonly ClassifierRecipe _recipe;
    private readonly TrainingImages _images;
    private readonly EquilibriumObjective _objective;
    private readonly ClassifierValidation _validation;
    private readonly EquilibriumNetwork _network;
    private readonly AdversarialImages? _adversarial;
    private readonly int _stepsPerEpoch;
    private IReadOnlyList<int[]> _batches = [];
    private int _drawn = -1;

    /// <summary>Builds the model.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="images">Training and held-out images.</param>
    /// <param name="device">Where to train.</param>
    public ClassifierRun(ClassifierRecipe recipe, TrainingImages images, Device device)
    {
        (_recipe, _images) = (recipe, images);
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, images.Labels.Count);
        var network = new EquilibriumNetwork(graphs);
        State = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        _objective = new EquilibriumObjective(recipe.Equilibrium, network, State, device);
        _network = network;
        _adversarial = recipe.Adversarial is { } adversarial ? new AdversarialImages(adversarial, recipe.Input, graphs.StateWidth, images.Labels.Count) : null;
        _validation = new ClassifierValidation(recipe, network, device);
        _stepsPerEpoch = images.Batches(0).Count;
        Plan = new TrainingPlan
        {
            Task = ClassifierTask.TaskName,
            Name = recipe.Name,
            Description = $"{images.Count} images of {Classes(images.Labels)}, {images.HeldOut.Count} held out, {recipe.Training.Epochs} epochs of {_stepsPerEpoch} steps, seed {recipe.Seed}",
            Steps = (long)recipe.Training.Epochs * _stepsPerEpoch,
            ReportEvery = _stepsPerEpoch,
            StepsPerEpoch = _stepsPerEpoch,
            SaveEvery = TimeSpan.FromMinutes(recipe.Training.CheckpointMinutes),
            GradientClip = recipe.Training.GradientClip,
            Columns = Columns(),
            Panels = Panels,
            Shown = [("loss", "F4"), ("accuracy", "P1"), ("evaluations", "F1"), ("residual", "0.0e0")],
            OutputNames = images.Labels,
            Split = images.Split,
            ReadEarlier = progress => EarlierProgress.Read(progress, _stepsPerEpoch),
        };
    }

    /// <summary>Of the picture of the log.</summary>
    public static IReadOnlyList<PlotPanel> Panels { get; } =
    [
        new("loss in training (nats)", [("training", "loss")]),
        new("accuracy", [("training", "training_accuracy"), ("held out", "accuracy")]) { Rises = true },
        new("evaluations per image", [("training", "training_evaluations"), ("held out", "evaluations")]),
        new("log10 of the residual", [("training", "training_residual"), ("held out", "residual")]) { IsLogarithmic = true },
        new("spectral radius of ∂f/∂z, held out", [("held out", "spectral_radius")]),
        new("share converged, held out", [("held out", "converged_share")]) { Rises = true },
    ];

    /// <inheritdoc/>
    public TrainingPlan Plan { get; }

    /// <inheritdoc/>
    public TrainingState State { get; }

    /// <inheritdoc/>
    public double RateAt(long step)
    {
        double epochs = (step / _stepsPerEpoch) + (step % _stepsPerEpoch / (double)_stepsPerEpoch);
        return _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, epochs, _recipe.Training.Epochs);
    }

    /// <inheritdoc/>
    public double AverageDecayAt(long step) => _recipe.Training.AverageDecay;

    /// <inheritdoc/>
    public StepObjective Objective(long step)
    {
        (int epoch, int place) = ((int)(step / _stepsPerEpoch), (int)(step % _stepsPerEpoch));
        if (_drawn != epoch)
        {
            (_batches, _drawn) = (_images.Batches(epoch), epoch);
        }

        (Tensor images, Tensor labels) = _images.Training(_batches[place], epoch, place + 1 < _batches.Count ? _batches[place + 1] : null);
        ChangedImages changed = Changed(images, labels, epoch);
        var batch = new SupervisedBatch(
            changed.Images,
            (logits, rows) => nn.functional.cross_entropy(
                logits, rows is null ? labels : labels.index_select(0, rows), label_smoothing: _recipe.Training.LabelSmoothing),
            logits =>
            [
                new("accuracy", (logits.argmax(1) == labels).sum().item<long>() / (double)labels.shape[0], labels.shape[0]),
                .. changed.Count == 0
                    ? (Measured[])[]
                    : [new("adversarial_change", changed.MeanChange, changed.Count), new("adversarial_share", changed.OtherShare, changed.Count)],
            ]);
        return _objective.Make(batch, epoch + 1, step);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Validate() => _validation.Run(State.Average, _images);

    /// <inheritdoc/>
    public double? Score(TrainingReport report) =>
        Phase(report) == Equilibrium ? ClassifierScore.Of(report.Held["accuracy"], report.Held["converged_share"], report.Means["loss"]) : null;

    /// <inheritdoc/>
    public string? Advice(TrainingLog log) => ClassifierScore.Advice(log, _recipe);

    /// <inheritdoc/>
    public void Dispose()
    {
        _objective.Dispose();
        _validation.Dispose();
        State.Dispose();
    }

    /// <summary>The images of a step, some changed against the model as it is; in warm-up and pretraining as they are.</summary>
    private ChangedImages Changed(Tensor images, Tensor labels, int epoch)
    {
        if (_adversarial is null || epoch < _recipe.Adversarial!.WarmUpEpochs || _recipe.Training.IsPretraining(epoch + 1))
        {
            return new ChangedImages(images, 0, 0, 0);
        }

        BoundNetwork still = _network.Bind(State.Parameters.Compose().ToDictionary(weight => weight.Key, weight => weight.Value.detach(), StringComparer.Ordinal));
        return _adversarial.Change(still, images, labels);
    }

    private static string Classes(IReadOnlyList<string> labels)
    {
        const int shown = 10;
        return $"{labels.Count} classes ({string.Join(", ", labels.Take(shown))}{(labels.Count > shown ? ", …" : "")})";
    }

    private int Epoch(TrainingReport report) => (int)(report.Step / _stepsPerEpoch);

    private string Phase(TrainingReport report) => _recipe.Training.IsPretraining(Epoch(report)) ? "pretrain" : Equilibrium;

    private LogColumn[] Columns() =>
    [
        new("epoch", report => Epoch(report), "0"),
        new("phase", Phase, ""),
        new("loss", report => report.Means["loss"], "F4"),
        new("training_accuracy", report => report.Means["accuracy"], "P2"),
        new("training_evaluations", report => report.Means["evaluations"]),
        new("training_residual", report => report.Means["residual"]),
        new("backward_evaluations", report => report.Means["backward_evaluations"]),
        new("jacobian_penalty", report => report.Means["jacobian_penalty"]),
        new("accuracy", report => report.Held["accuracy"], "P2"),
        new("evaluations", report => report.Held["evaluations"], "F1"),
        new("residual", report => report.Held["residual"], "0.0e0"),
        new("converged_share", report => report.Held["converged_share"], "P1"),
        new("spectral_radius", report => report.Held["spectral_radius"], "F2"),
        new("learning_rate", report => report.LearningRate),
        new("seconds", report => report.Seconds, "F0"),
        new("gradient_cosine", report => report.Means["gradient_cosine"]),
        new("peak_memory_mib", report => report.PeakMemoryMebibytes),
        .. _adversarial is null
            ? (LogColumn[])[]
            : [new("adversarial_change", report => report.Means["adversarial_change"], "F3"), new("adversarial_share", report => report.Means["adversarial_share"], "P1")],
    ];
}
