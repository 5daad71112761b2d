using Deq.Runtime.States;

namespace Deq.Runtime.FixedPoints;

/// <summary>The iterate z and the newest pairs (f(z_k), g_k = f(z_k) − z_k) of every row of a running batch.</summary>
/// <remarks>
/// All rows share the ring of slots; a row that joined late, or started over, simply has a smaller age. Slots are named by how many
/// evaluations ago they were filled, so a row's arithmetic does not depend on when its neighbours joined.
/// </remarks>
public sealed class IterationHistory
{
    private readonly int _firstMapped;
    private readonly int _firstDifference;
    private readonly int _ring;
    private readonly int[] _ages;
    private readonly double[] _differenceSquared;
    private long _steps;

    internal IterationHistory(IStateSpace space, int depth)
    {
        Depth = depth;
        _ring = Math.Max(2, depth);
        Iterate = space.Allocate(1);
        _firstMapped = space.Allocate(_ring);
        _firstDifference = space.Allocate(_ring);
        _ages = new int[space.Capacity];
        _differenceSquared = new double[space.Capacity];
    }

    /// <summary>How many pairs are kept.</summary>
    public int Depth { get; }

    /// <summary>The slot of z.</summary>
    public int Iterate { get; }

    /// <summary>The ring position of the newest pair, 0 ≤ position &lt; max(2, Depth).</summary>
    public int NewestPosition => Position(0);

    internal bool HasPairs => _steps > 0;

    internal int NextMapped => _firstMapped + (int)(_steps % _ring);

    /// <summary>The ring position filled <paramref name="ago"/> evaluations before the newest.</summary>
    public int Position(int ago) => (int)((_steps - 1 - ago) % _ring);

    /// <summary>The slot of f(z_k), <paramref name="ago"/> evaluations before the newest.</summary>
    public int Mapped(int ago) => _firstMapped + Position(ago);

    /// <summary>The slot of g_k = f(z_k) − z_k, <paramref name="ago"/> evaluations before the newest.</summary>
    public int Difference(int ago) => _firstDifference + Position(ago);

    /// <summary>How many of the newest pairs belong to the row's present run, 0 to <see cref="Depth"/>.</summary>
    public int Age(int row) => _ages[row];

    /// <summary>‖g_k‖² of the newest pair of a row.</summary>
    public double DifferenceSquared(int row) => _differenceSquared[row];

    internal void Advance(int rows)
    {
        _steps++;
        for (int row = 0; row < rows; row++)
        {
            _ages[row] = Math.Min(_ages[row] + 1, Depth);
        }
    }

    internal void Note(int row, double differenceSquared) => _differenceSquared[row] = differenceSquared;

    internal void Forget(int row) => _ages[row] = 0;

    internal void KeepNewest(int row) => _ages[row] = Math.Min(_ages[row], 1);

    internal void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            _ages[move.To] = _ages[move.From];
            _differenceSquared[move.To] = _differenceSquared[move.From];
        }
    }
}
