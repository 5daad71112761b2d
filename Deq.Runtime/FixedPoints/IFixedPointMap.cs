namespace Deq.Runtime.FixedPoints;

/// <summary>A map f over the rows of a state space; its fixed point is a z with f(z) = z.</summary>
/// <remarks>
/// Rows do not interact: row b of f(z) depends on row b of z (and of the map's own injection x) alone. Solvers rely on this.
/// A map is bound to one state space, and neither is thread-safe: one pair per running batch.
/// </remarks>
public interface IFixedPointMap
{
    /// <summary>Evaluates f once for the first <paramref name="rows"/> rows. The only expensive operation in a solve.</summary>
    /// <param name="z">The slot that holds the states, <c>[rows, D]</c>.</param>
    /// <param name="fz">The slot that receives f(z), <c>[rows, D]</c>; never the same slot as <paramref name="z"/>.</param>
    /// <param name="rows">How many rows take part, 1 to the space's capacity.</param>
    void Evaluate(int z, int fz, int rows);

    /// <summary>Moves what the map keeps per row (its injection x) along with the rows' states.</summary>
    /// <param name="moves">Which row overwrites which; sources and targets never overlap.</param>
    void Move(ReadOnlySpan<RowMove> moves);
}

/// <summary>A row that changes its place in a running batch.</summary>
/// <param name="From">The row copied.</param>
/// <param name="To">The row overwritten.</param>
public readonly record struct RowMove(int From, int To);
