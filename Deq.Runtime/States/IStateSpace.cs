using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.States;

/// <summary>Where the iterates of a batch live: numbered slots, each a matrix <c>[Rows, D]</c> of row vectors.</summary>
/// <remarks>
/// Methods and the loop touch states only through <see cref="InnerProducts"/> and <see cref="Combine"/>, so a state never
/// leaves its device during a solve: per row, only the inner products cross. Not thread-safe.
/// </remarks>
public interface IStateSpace
{
    /// <summary>The most rows the slots hold.</summary>
    int Capacity { get; }

    /// <summary>Adds <paramref name="count"/> zeroed slots at the end; called before a solve, never during one.</summary>
    /// <returns>The number of the first new slot.</returns>
    int Allocate(int count);

    /// <summary>⟨a, b_i⟩ per row, accumulated in double.</summary>
    /// <param name="a">A slot.</param>
    /// <param name="others">The slots b_i; <paramref name="a"/> may be among them.</param>
    /// <param name="products">Receives <c>[rows, others.Length]</c>.</param>
    /// <param name="rows">How many rows take part.</param>
    void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows);

    /// <summary>target ← Σ_i w_i·v_i per row. A vector with weight 0 is not read, so it may hold NaN.</summary>
    /// <param name="vectors">The slots v_i.</param>
    /// <param name="weights"><c>[rows, vectors.Length]</c>.</param>
    /// <param name="target">The slot that receives the sum; it may be one of <paramref name="vectors"/>.</param>
    /// <param name="rows">How many rows take part.</param>
    void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows);

    /// <summary>Copies one row of one slot into the same row of another.</summary>
    void CopyRow(int from, int to, int row);

    /// <summary>Copies rows to other places, in every slot.</summary>
    /// <param name="moves">Sources and targets never overlap.</param>
    void Move(ReadOnlySpan<RowMove> moves);
}
