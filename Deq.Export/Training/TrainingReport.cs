namespace Deq.Export.Training;

/// <summary>What the steps since the last report cost and reached: one line of the log.</summary>
internal sealed record TrainingReport
{
    /// <summary>Steps made in the whole run.</summary>
    public required long Step { get; init; }

    /// <summary>Of what the steps measured.</summary>
    public required RunningMeans Means { get; init; }

    /// <summary>What the validation measured, by name.</summary>
    public required IReadOnlyDictionary<string, double> Held { get; init; }

    /// <summary>Of the next step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Wall-clock seconds of the steps.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Wall-clock seconds, validation included.</summary>
    public required double Seconds { get; init; }

    /// <summary>The most resident memory that the process has held so far, in MiB.</summary>
    public required double PeakMemoryMebibytes { get; init; }
}
