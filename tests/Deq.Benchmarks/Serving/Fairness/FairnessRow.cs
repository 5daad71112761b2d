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

    /// <summary>Bytes of bodies that the server held two seconds after the attack had ended.</summary>
    public required double HeldBytesAfter { get; init; }
}

/// <summary>Clients that hung up at any moment.</summary>
internal sealed record HangUpRow
{
    public required int Clients { get; init; }

    /// <summary>Lines of stack traces in the log.</summary>
    public required int StackTraceLines { get; init; }

    /// <summary>Lines of the log above the level of information.</summary>
    public required int WarningLines { get; init; }

    public required double HeldBytesAfter { get; init; }

    /// <summary>Rows solved or waiting afterwards, over all models.</summary>
    public required int RowsAfter { get; init; }
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
