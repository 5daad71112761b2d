using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Implicit;

/// <summary>SHINE: the inverse that the forward solve has estimated, applied to the cotangent in place of a second solve.</summary>
/// <remarks>
/// The same for the Jacobian of a cell, where Aᵀ ≈ (I − Jᵀ)⁻¹, and for the Hessian of an inner problem, where A = Aᵀ. Source: Ramzi,
/// Mannel, Bai, Starck, Ciuciu and Moreau, "SHINE: sharing the inverse estimate from the forward pass", ICLR 2022, sections 2 and 2.3.
/// </remarks>
public sealed class SharedInverse
{
    private readonly IStateSpace _space;
    private readonly double[] _products;
    private readonly double[] _weights;

    /// <summary>Works on the slots of a space.</summary>
    public SharedInverse(IStateSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        _space = space;
        _products = new double[space.Capacity];
        _weights = new double[space.Capacity];
    }

    /// <summary>u ← Aᵀ·v, or u ← v where that is not to be trusted.</summary>
    /// <param name="inverse">A.</param>
    /// <param name="cotangent">The slot of v.</param>
    /// <param name="adjoint">The slot of u; another one.</param>
    /// <param name="rows">How many rows take part.</param>
    /// <param name="fallbackRatio">
    /// The largest trusted ‖u‖ / ‖v‖: a wrong estimate shows in its length. The paper takes 1.3; infinity trusts everything that is finite.
    /// </param>
    /// <returns>The rows that fell back.</returns>
    public IReadOnlyList<int> Apply(IInverseEstimate inverse, int cotangent, int adjoint, int rows, double fallbackRatio)
    {
        ArgumentNullException.ThrowIfNull(inverse);
        Copy(cotangent, adjoint, rows);
        double[] before = Squares(cotangent, rows);
        inverse.ApplyTransposed(adjoint, rows);
        double[] after = Squares(adjoint, rows);
        int[] distrusted = [.. Enumerable.Range(0, rows).Where(row =>
            !double.IsFinite(after[row]) || Math.Sqrt(after[row]) > fallbackRatio * Math.Sqrt(before[row]))];
        foreach (int row in distrusted)
        {
            _space.CopyRow(cotangent, adjoint, row);
        }

        return distrusted;
    }

    private double[] Squares(int slot, int rows)
    {
        _space.InnerProducts(slot, [slot], _products.AsSpan(0, rows), rows);
        return _products[..rows];
    }

    private void Copy(int from, int to, int rows)
    {
        _weights.AsSpan(0, rows).Fill(1);
        _space.Combine([from], _weights.AsSpan(0, rows), to, rows);
    }
}
