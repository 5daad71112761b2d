namespace Deq.Runtime.Implicit;

/// <summary>An estimate A of the inverse of a matrix, one per row, that a quasi-Newton solve leaves behind: of I − J at a fixed point, or of a Hessian at a minimum.</summary>
/// <remarks>It is bound to the state space whose slots it acts on. Not thread-safe.</remarks>
public interface IInverseEstimate
{
    /// <summary>x ← A·x.</summary>
    /// <param name="slot">Holds x, <c>[rows, D]</c>; overwritten.</param>
    /// <param name="rows">How many rows take part.</param>
    void Apply(int slot, int rows);

    /// <summary>x ← Aᵀ·x.</summary>
    /// <param name="slot">Holds x, <c>[rows, D]</c>; overwritten.</param>
    /// <param name="rows">How many rows take part.</param>
    void ApplyTransposed(int slot, int rows);
}
