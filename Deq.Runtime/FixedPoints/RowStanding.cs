namespace Deq.Runtime.FixedPoints;

/// <summary>Where a row stands between two steps.</summary>
/// <param name="Ticket">What <see cref="RunningBatch.Join"/> gave for the row.</param>
/// <param name="Evaluations">Evaluations made for it.</param>
/// <param name="Residual">The residual at its best iterate; infinite while none was finite.</param>
/// <param name="Slot">The slot that holds the best iterate; −1 while none was finite.</param>
/// <param name="IsDone">Whether it is among <see cref="RunningBatch.Finished"/>.</param>
/// <param name="Newest">The residual at its newest iterate; NaN or infinite when that was not finite.</param>
public readonly record struct RowStanding(int Ticket, int Evaluations, double Residual, int Slot, bool IsDone, RowResidual Newest)
{
    /// <summary>How often it began again because its answer was refused.</summary>
    public int Restarts { get; init; }
}
