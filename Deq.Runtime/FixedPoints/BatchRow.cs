namespace Deq.Runtime.FixedPoints;

/// <summary>What the loop knows of one row.</summary>
internal sealed class BatchRow
{
    private RowGrant _grant = new();
    private long _acceptedAt;
    private RowResidual _best;
    private int _newestSlot;

    public int Ticket { get; private set; }

    public int Evaluations { get; private set; }

    /// <summary>The residual of the newest evaluation; NaN or infinite when it was not finite.</summary>
    public RowResidual Newest { get; private set; }

    public double Residual => Newest.Value;

    public double BestResidual { get; private set; }

    /// <summary>The smallest residual since the row's history began; growth is measured against it.</summary>
    public double BestResidualOfHistory { get; private set; }

    /// <summary>The slot of the best f(z_k), or −1 while there is none.</summary>
    public int BestSlot { get; set; }

    /// <summary>Whether the row has already started over from its best iterate after a non-finite evaluation; it may once.</summary>
    public bool HasRecovered { get; set; }

    public bool IsDone { get; set; }

    /// <summary>From how many further places the row may yet begin.</summary>
    public int StartsLeft { get; private set; }

    /// <summary>How often the row has begun again because its answer was refused.</summary>
    public int Restarts { get; private set; }

    /// <summary>How often the present start was refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>Finds out that the states repeat.</summary>
    public CycleWatch Cycle { get; } = new();

    public bool IsFinite => double.IsFinite(Residual);

    public void Begin(int ticket, RowGrant grant, long acceptedAt)
    {
        (Ticket, _grant, _acceptedAt) = (ticket, grant, acceptedAt);
        (Evaluations, BestResidual, BestSlot) = (0, double.PositiveInfinity, -1);
        Newest = new RowResidual(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        (BestResidualOfHistory, HasRecovered, IsDone) = (double.PositiveInfinity, false, false);
        (StartsLeft, Restarts, Refusals) = (grant.Starts - 1, 0, 0);
        Cycle.Begin();
    }

    public void Observe(RowResidual measured, int mapped)
    {
        double residual = measured.Value;
        (Newest, _newestSlot) = (measured, mapped);
        Evaluations++;
        BestResidualOfHistory = residual < BestResidualOfHistory ? residual : BestResidualOfHistory;
        if (residual < BestResidual)
        {
            BestResidual = residual;
            BestSlot = mapped;
            _best = measured;
        }
    }

    /// <summary>The row ends: from now on its best iterate is the one that it answers with.</summary>
    public void End()
    {
        IsDone = true;
        if (_grant.AnswersFinal && IsFinite && !(BestResidual <= _grant.Tolerance.Limit))
        {
            (BestResidual, BestSlot, _best) = (Residual, _newestSlot, Newest);
        }
    }

    /// <summary>The history starts over at the newest pair, and growth counts from there.</summary>
    public void BeginHistory() => BestResidualOfHistory = IsFinite ? Residual : double.PositiveInfinity;

    /// <summary>The row begins from another place; what it has spent and its best iterate stay.</summary>
    public void BeginAgain()
    {
        (BestResidualOfHistory, HasRecovered) = (double.PositiveInfinity, false);
        StartsLeft--;
        Cycle.Begin();
    }

    /// <summary>The row has not ended after all: any iterate from now on is better than the one it ended with, which stays as long as there is none.</summary>
    public void TakeBack()
    {
        (IsDone, BestResidual) = (false, double.PositiveInfinity);
        Refusals++;
    }

    /// <summary>The row begins from another place because its answer was refused.</summary>
    public void BeginElsewhere()
    {
        (BestResidualOfHistory, HasRecovered) = (double.PositiveInfinity, false);
        (Restarts, Refusals) = (Restarts + 1, 0);
        Cycle.Begin();
    }

    /// <summary>How the row ended.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="parts">The names of the residual's parts; empty for none.</param>
    public RowSolution Solution(StopReason reason, IReadOnlyList<string> parts) => new(reason, Evaluations, BestSlot >= 0 ? _best.Value : BestResidual, BestSlot >= 0)
    {
        Restarts = Restarts,
        Parts = BestSlot >= 0 && parts.Count > 0 ? new ResidualParts(parts, _best.First, _best.Second) : null,
        Period = reason == StopReason.Cycle ? Cycle.Period : null,
    };

    public StopReason? Stops(TimeProvider clock, long now)
    {
        StopReason? spent = Spent(clock, now);
        return BestResidual <= _grant.Tolerance.Limit ? StopReason.Tolerance
            : !IsFinite && StartsLeft <= 0 && (HasRecovered || BestSlot < 0) ? StopReason.Diverged
            : spent is StopReason.Cancelled or StopReason.Superseded ? spent
            : Cycle.Period > 0 ? StopReason.Cycle
            : spent;
    }

    /// <summary>Why the row may make no further evaluation, whatever its state; null while it may.</summary>
    public StopReason? Spent(TimeProvider clock, long now) =>
        _grant.Cancellation.IsCancellationRequested ? StopReason.Cancelled
        : _grant.Superseded.IsCancellationRequested ? StopReason.Superseded
        : Evaluations >= _grant.Budget.Evaluations ? StopReason.Evaluations
        : _grant.Budget.Time is { } time && clock.GetElapsedTime(_acceptedAt, now) >= time ? StopReason.Deadline
        : null;
}
