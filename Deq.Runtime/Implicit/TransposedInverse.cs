namespace Deq.Runtime.Implicit;

/// <summary>Aᵀ for an estimate A: what a backward pass starts from when the forward pass left A.</summary>
/// <param name="inverse">A; shared, not copied.</param>
public sealed class TransposedInverse(IInverseEstimate inverse) : IInverseEstimate
{
    /// <inheritdoc/>
    public void Apply(int slot, int rows) => inverse.ApplyTransposed(slot, rows);

    /// <inheritdoc/>
    public void ApplyTransposed(int slot, int rows) => inverse.Apply(slot, rows);
}
