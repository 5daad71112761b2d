namespace Deq.Export.Training;

/// <summary>Where a run stands within an epoch.</summary>
public sealed record StepReport
{
    /// <summary>From 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Mini-batches done in this epoch.</summary>
    public required int Step { get; init; }

    /// <summary>Mini-batches in an epoch.</summary>
    public required int Steps { get; init; }

    /// <summary>Running mean over the epoch, with what is measured during it.</summary>
    public required EpochSums Sums { get; init; }

    /// <summary>Present learning rate.</summary>
    public required double LearningRate { get; init; }
}

/// <summary>What an epoch cost and reached: one line of the log.</summary>
public sealed record EpochReport
{
    /// <summary>From 1.</summary>
    public required int Epoch { get; init; }

    /// <summary><c>pretrain</c> (a few unrolled steps) or <c>equilibrium</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Mean training loss, penalty included, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Share of augmented training images right, in [0, 1].</summary>
    public required double TrainingAccuracy { get; init; }

    /// <summary>Mean forward evaluations per training image.</summary>
    public required double TrainingEvaluations { get; init; }

    /// <summary>Mean relative residual at the forward solve's end.</summary>
    public required double TrainingResidual { get; init; }

    /// <summary>Mean backward evaluations per training image.</summary>
    public required double BackwardEvaluations { get; init; }

    /// <summary>Mean Jacobian penalty, before its weight, over the steps that drew it; NaN if none did.</summary>
    public required double JacobianPenalty { get; init; }

    /// <summary>Share of held-out images right at the serving tolerance and budget, in [0, 1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>Mean evaluations per held-out image.</summary>
    public required double Evaluations { get; init; }

    /// <summary>Mean relative residual over held-out images.</summary>
    public required double Residual { get; init; }

    /// <summary>Share of held-out images that met the serving tolerance, in [0, 1].</summary>
    public required double ConvergedShare { get; init; }

    /// <summary>Median spectral radius of ∂f/∂z at the fixed points of a few held-out images.</summary>
    public required double SpectralRadius { get; init; }

    /// <summary>Learning rate at the end of the epoch.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Wall-clock seconds, validation included.</summary>
    public required double Seconds { get; init; }

    /// <summary>Mean cosine of the estimated with the exact gradient over the steps that compared them; NaN if none did.</summary>
    public double GradientCosine { get; init; } = double.NaN;

    /// <summary>The most resident memory the process has held so far, in MiB; NaN in logs of older versions.</summary>
    public double PeakMemoryMebibytes { get; init; } = double.NaN;
}

/// <summary>Running sums over the mini-batches of an epoch; part of a checkpoint, so that a resumed epoch reports whole.</summary>
public sealed record EpochSums
{
    /// <summary>Images seen.</summary>
    public long Images { get; init; }

    /// <summary>Σ loss·images.</summary>
    public double Loss { get; init; }

    /// <summary>Images right.</summary>
    public long Right { get; init; }

    /// <summary>Σ forward evaluations over images.</summary>
    public double Evaluations { get; init; }

    /// <summary>Σ residual over images.</summary>
    public double Residual { get; init; }

    /// <summary>Σ backward evaluations over images.</summary>
    public double BackwardEvaluations { get; init; }

    /// <summary>Steps that drew the Jacobian penalty.</summary>
    public int Penalties { get; init; }

    /// <summary>Σ penalty over those steps.</summary>
    public double Penalty { get; init; }

    /// <summary>Steps that compared the gradient with the exact one.</summary>
    public int Comparisons { get; init; }

    /// <summary>Σ cosine over those steps.</summary>
    public double Cosine { get; init; }

    /// <summary>Wall-clock seconds spent.</summary>
    public double Seconds { get; init; }

    /// <summary>A sum per image.</summary>
    public double Mean(double sum) => Images == 0 ? 0 : sum / Images;
}
