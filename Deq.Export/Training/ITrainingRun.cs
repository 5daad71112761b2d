using System.Text.Json;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What the training loop asks of a task: batches and an objective per step, a validation, and how to log them.</summary>
/// <remarks>Everything random follows from the recipe's seed and the step, so that a resumed run sees what an uninterrupted one would have seen.</remarks>
internal interface ITrainingRun : IDisposable
{
    /// <summary>What does not change in the course of the run.</summary>
    TrainingPlan Plan { get; }

    /// <summary>Parameters, their average and the optimizer. Owned by the run.</summary>
    TrainingState State { get; }

    /// <summary>The learning rate after so many steps.</summary>
    double RateAt(long step);

    /// <summary>The decay of the averaged weights in a step, in [0, 1).</summary>
    /// <param name="step">Steps made before.</param>
    double AverageDecayAt(long step);

    /// <summary>Computes what one step minimizes. Called in a dispose scope, with gradients at zero.</summary>
    /// <param name="step">Steps made before.</param>
    StepObjective Objective(long step);

    /// <summary>Measures the averaged weights on what the run does not train with.</summary>
    /// <returns>Numbers by name.</returns>
    IReadOnlyDictionary<string, double> Validate();

    /// <summary>How good a validation was: the larger the better; the best is kept for export. Null keeps the newest alone.</summary>
    double? Score(TrainingReport report) => null;

    /// <summary>What to tell people of a finished run whose model is not yet good to serve, with the cure; null for nothing.</summary>
    /// <param name="log">Of the whole run.</param>
    string? Advice(TrainingLog log) => null;

    /// <summary>Tensors that the next step takes over from the last one, kept in checkpoints; most tasks have none.</summary>
    IReadOnlyDictionary<string, Tensor> Carried => new Dictionary<string, Tensor>();

    /// <summary>Takes <see cref="Carried"/> of a checkpoint; owns the tensors from then on.</summary>
    void Restore(IReadOnlyDictionary<string, Tensor> carried)
    {
    }
}

/// <summary>What is fixed about a training run.</summary>
internal sealed record TrainingPlan
{
    /// <summary>What is trained, as manifests name it.</summary>
    public required string Task { get; init; }

    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>Data and length of the run in a few words, for people.</summary>
    public required string Description { get; init; }

    /// <summary>Steps in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Steps between two validations, lines of the log and checkpoints; at least 1.</summary>
    public required long ReportEvery { get; init; }

    /// <summary>Steps in an epoch, by which a run counts what it has done; 0, the default, where it is counted in steps alone.</summary>
    public long StepsPerEpoch { get; init; }

    /// <summary>The longest time between two checkpoints. Default: only at reports.</summary>
    public TimeSpan SaveEvery { get; init; } = TimeSpan.MaxValue;

    /// <summary>The largest norm of a step's gradient.</summary>
    public required double GradientClip { get; init; }

    /// <summary>Of the log; the first counts epochs or steps.</summary>
    public required IReadOnlyList<LogColumn> Columns { get; init; }

    /// <summary>Of the picture of the log.</summary>
    public required IReadOnlyList<PlotPanel> Panels { get; init; }

    /// <summary>The running means that the console shows, with their number formats.</summary>
    public IReadOnlyList<(string Name, string Format)> Shown { get; init; } = [("loss", "F4")];

    /// <summary>Tells which data train and which are held out: the same text for the same split. Empty where all data are drawn.</summary>
    public string Split { get; init; } = "";

    /// <summary>What the numbers of the output are called, where the data name them.</summary>
    public IReadOnlyList<string> OutputNames { get; init; } = [];

    /// <summary>Reads the progress of a checkpoint that was written before checkpoints named their task. Default: there are none of this task.</summary>
    public Func<JsonElement, TrainingProgress?> ReadEarlier { get; init; } = _ => null;
}

/// <summary>What one step minimizes, and what it measured on the way.</summary>
internal sealed record StepObjective
{
    /// <summary>A scalar with gradient.</summary>
    public required Tensor Loss { get; init; }

    /// <summary>How much the step's loss counts in the running mean: rows, or 1, the default.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether <see cref="Differentiated"/> differentiates the same graph once more.</summary>
    public bool RetainsGraph { get; init; }

    /// <summary>Called after the backward pass, before the parameters move. Default: nothing.</summary>
    public Action Differentiated { get; init; } = () => { };

    /// <summary>What the step measured, called after the parameters have moved.</summary>
    public required Func<IEnumerable<Measured>> Measure { get; init; }

    /// <summary>Called last: a warning for people, or null for none. Default: none.</summary>
    public Func<string?> Warn { get; init; } = () => null;
}
