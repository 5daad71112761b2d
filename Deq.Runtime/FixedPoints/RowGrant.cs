namespace Deq.Runtime.FixedPoints;

/// <summary>What one row may spend and when it is done.</summary>
public sealed record RowGrant
{
    /// <summary>When the row counts as converged.</summary>
    public Tolerance Tolerance { get; init; } = new();

    /// <summary>When to give up.</summary>
    public Budget Budget { get; init; } = new();

    /// <summary>The clock's timestamp from which the time budget counts, so that waiting counts too; null counts from joining.</summary>
    public long? AcceptedAt { get; init; }

    /// <summary>Places from which the row may begin, at least 1: see <see cref="RunningBatch.Restart"/>. Default 1.</summary>
    public int Starts { get; init; } = 1;

    /// <summary>Whether a row that ends without converging answers with its newest iterate, where that is finite, rather than its best. Default false.</summary>
    public bool AnswersFinal { get; init; }

    /// <summary>Cancels the row; checked once per evaluation.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Ends the row as <see cref="StopReason.Superseded"/>; checked once per evaluation.</summary>
    public CancellationToken Superseded { get; init; }

    /// <summary>A grant by its two everyday numbers.</summary>
    /// <param name="tolerance">The residual that counts as converged, in (0, 1).</param>
    /// <param name="evaluations">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Either is out of range.</exception>
    public static RowGrant Of(double tolerance, int evaluations) => new()
    {
        Tolerance = new Tolerance { Limit = tolerance },
        Budget = new Budget { Evaluations = evaluations },
    };
}

/// <summary>A row that a step has finished, and where its state lies until the next step.</summary>
/// <param name="Ticket">What <see cref="RunningBatch.Join"/> gave for the row.</param>
/// <param name="Solution">How it ended.</param>
/// <param name="Slot">The slot that holds the best iterate.</param>
/// <param name="Row">The row of that slot.</param>
public readonly record struct FinishedRow(int Ticket, RowSolution Solution, int Slot, int Row);
