namespace Deq.Export.Training;

/// <summary>How far a run has come: everything a checkpoint keeps besides tensors.</summary>
internal sealed record TrainingProgress
{
    /// <summary>What is trained, as manifests name it; empty in checkpoints that were written before they said so.</summary>
    public string Task { get; init; } = "";

    /// <summary>Where the newest steps were made: cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Steps made.</summary>
    public long Step { get; init; }

    /// <summary>Wall-clock seconds of the steps since the last report.</summary>
    public double Seconds { get; init; }

    /// <summary>What those steps measured.</summary>
    public RunningMeans Means { get; init; } = new();

    /// <summary>The lines of the log so far, head first.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>The best score of a validation so far; null before the first, or where the task gives none.</summary>
    public double? BestScore { get; init; }

    /// <summary>Which data train and which are held out, as <see cref="TrainingPlan.Split"/>; empty in checkpoints that were written before they said so.</summary>
    public string Split { get; init; } = "";

    /// <summary>As <see cref="TrainingPlan.StepsPerEpoch"/>; 0 also in checkpoints that were written before they said so.</summary>
    public long StepsPerEpoch { get; init; }

    /// <summary>What the numbers of the output are called, where the data name them.</summary>
    public IReadOnlyList<string> OutputNames { get; init; } = [];
}
