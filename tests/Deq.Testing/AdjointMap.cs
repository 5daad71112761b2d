using Deq.Runtime.FixedPoints;

namespace Deq.Testing;

/// <summary>The adjoint map u ↦ Jᵀu + v. Its fixed point is u = (I − Jᵀ)⁻¹·v, so every method for z = f(z) solves the backward pass too.</summary>
/// <remarks>
/// With J = ∂f/∂z at z* and the cotangent v = ∂L/∂z*, the gradient of L by a parameter θ of f is uᵀ·∂f/∂θ. Jᵀ has the spectrum of J, so
/// the adjoint converges as fast as the forward pass did near z*. Source: Bai, Kolter, Koltun, "Deep Equilibrium Models", NeurIPS 2019,
/// theorem 1.
/// </remarks>
public sealed class AdjointMap : IFixedPointMap
{
    private readonly IStateSpace _space;
    private readonly IFixedPointMap _product;
    private readonly double[] _ones;

    /// <summary>Allocates one slot, for v.</summary>
    /// <param name="space">Where u and v live.</param>
    /// <param name="product">The vector–Jacobian product u ↦ Jᵀu, linear, bound to that space; it keeps the z* of each row.</param>
    public AdjointMap(IStateSpace space, IFixedPointMap product)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(product);
        (_space, _product) = (space, product);
        _ones = new double[2 * space.Capacity];
        Array.Fill(_ones, 1);
        CotangentSlot = space.Allocate(1);
    }

    /// <summary>The slot of v, <c>[Capacity, D]</c>: write a row's cotangent there before its first evaluation. It moves with the row.</summary>
    public int CotangentSlot { get; }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        _product.Evaluate(z, fz, rows);
        _space.Combine([fz, CotangentSlot], _ones.AsSpan(0, 2 * rows), fz, rows);
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves) => _product.Move(moves);
}
