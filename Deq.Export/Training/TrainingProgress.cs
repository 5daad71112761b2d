namespace Deq.Export.Training;

/// <summary>How far a run has come: everything a checkpoint keeps besides tensors.</summary>
public sealed record TrainingProgress
{
    /// <summary>Class names by index.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Where it was trained last: cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Epochs completed.</summary>
    public int Epoch { get; init; }

    /// <summary>Mini-batches done in the present epoch.</summary>
    public int Step { get; init; }

    /// <summary>Sums over those mini-batches.</summary>
    public EpochSums Sums { get; init; } = new();

    /// <summary>One report per completed epoch.</summary>
    public IReadOnlyList<EpochReport> Epochs { get; init; } = [];

    /// <summary>The best held-out accuracy of an equilibrium epoch so far; −1 before the first.</summary>
    public double BestAccuracy { get; init; } = -1;
}
