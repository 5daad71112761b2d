using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>
/// f over a static batch: it evaluates as many rows as the batch began with until the last one is done, as a server does that hands
/// whole batches to a model.
/// </summary>
/// <remarks>Rows that the loop has released keep their last numbers; what they become is never read.</remarks>
internal sealed class HeldRowsMap(IFixedPointMap map) : IFixedPointMap
{
    /// <summary>Rows of the batch; 0 between two batches.</summary>
    public int Rows { get; private set; }

    /// <summary>Begins a step of so many rows. Returns how many are evaluated.</summary>
    public int Hold(int rows) => Rows = Math.Max(Rows, rows);

    /// <summary>The batch ends.</summary>
    public void Clear() => Rows = 0;

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows) => map.Evaluate(z, fz, Math.Max(rows, Rows));

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves) => map.Move(moves);
}
