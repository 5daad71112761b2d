namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>What another client felt of an attack.</summary>
internal sealed record FairnessRow
{
    /// <summary>What was done meanwhile.</summary>
    public required string Attack { get; init; }

    /// <summary>Small questions that were asked, one every 100 ms.</summary>
    public required int Asked { get; init; }

    /// <summary>Those that were not answered with 200.</summary>
    public required int Refused { get; init; }

    /// <summary>Why they were not, and liveness was not, each reason once.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>Median and 99 % of the answers' times, in milliseconds.</summary>
    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    /// <summary>The same of liveness.</summary>
    public required double LiveP50Ms { get; init; }

    public required double LiveP99Ms { get; init; }

    /// <summary>The most bytes of bodies that the server held two seconds after a round of the attack had ended.</summary>
    public required double HeldBytesAfter { get; init; }
}

/// <summary>Clients that hung up at any moment.</summary>
internal sealed record HangUpRow
{
    public required int Clients { get; init; }

    /// <summary>What they asked.</summary>
    public IReadOnlyList<HangUpEndpointRow> Endpoints { get; init; } = [];

    /// <summary>Lines of stack traces in the log.</summary>
    public required int StackTraceLines { get; init; }

    /// <summary>Lines of the log above the level of information.</summary>
    public required int WarningLines { get; init; }

    public required double HeldBytesAfter { get; init; }

    /// <summary>Rows solved or waiting afterwards, over all models.</summary>
    public required int RowsAfter { get; init; }
}

/// <summary>Clients that hung up on one endpoint.</summary>
internal sealed record HangUpEndpointRow
{
    public required string Endpoint { get; init; }

    public required int Clients { get; init; }

    /// <summary>Statuses with their numbers, of the clients that read the beginning of an answer.</summary>
    public required string Statuses { get; init; }
}

/// <summary>A server with the memory of a small container.</summary>
internal sealed record MemoryRow
{
    /// <summary>What bounded its memory.</summary>
    public required string Bound { get; init; }

    public required IReadOnlyList<MemoryKindRow> Kinds { get; init; }

    /// <summary>The most that the process had, MiB.</summary>
    public required long PeakResidentMiB { get; init; }

    /// <summary>The same by the control group, with what of files was kept in memory; null without a group.</summary>
    public required long? PeakGroupMiB { get; init; }

    /// <summary>Processes that were killed because no memory was left.</summary>
    public required long KilledForMemory { get; init; }

    /// <summary>Whether it was alive at the end.</summary>
    public required bool IsAlive { get; init; }
}

/// <summary>Requests of one kind to a server with little memory.</summary>
internal sealed record MemoryKindRow
{
    public required string Kind { get; init; }

    public required int Asked { get; init; }

    public required string Statuses { get; init; }

    /// <summary>Those that were not answered, and whose problem names no bound.</summary>
    public required int RefusedWithoutNumber { get; init; }

    public required double P50Ms { get; init; }

    /// <summary>The most that the process had had when they were over, MiB.</summary>
    public required long PeakResidentMiB { get; init; }
}

/// <summary>How a server ended.</summary>
internal sealed record StopRow
{
    /// <summary>What its clients did at SIGTERM.</summary>
    public required string Clients { get; init; }

    public required int ExitCode { get; init; }

    /// <summary>Seconds from SIGTERM, or from the last answer where one came later, to the end of the process.</summary>
    public required double Seconds { get; init; }
}

/// <summary>All that is measured; what was not measured yet is empty.</summary>
internal sealed record FairnessNumbers
{
    public IReadOnlyList<FairnessRow> Attacks { get; init; } = [];

    public HangUpRow? HangUps { get; init; }

    public MemoryRow? Memory { get; init; }

    public IReadOnlyList<StopRow> Stops { get; init; } = [];
}
