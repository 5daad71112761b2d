using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>
/// f over a static batch: it evaluates as many rows as the batch began with until the last one is done, as a server does that hands
/// whole batches to a model.
/// </summary>
/// <remarks>Rows that the loop has let go hold whatever was left there; nobody reads what becomes of them.</remarks>
internal sealed class HeldRowsMap(IFixedPointMap map) : IFixedPointMap
{
    /// <summary>Rows of the batch; 0 between two batches.</summary>
    public int Rows { get; private set; }

    /// <summary>A step of so many rows begins. How many are evaluated.</summary>
    public int Hold(int rows) => Rows = Math.Max(Rows, rows);

    /// <summary>The batch ends.</summary>
    public void LetGo() => Rows = 0;

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows) => map.Evaluate(z, fz, Math.Max(rows, Rows));

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves) => map.Move(moves);
}
