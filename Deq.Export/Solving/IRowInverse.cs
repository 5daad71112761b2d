using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>An estimate A of (I − J)⁻¹ at each row's solution, on tensors: what a solve leaves behind for its backward pass.</summary>
/// <remarks>Valid until the next solve. Nothing is read back from the device.</remarks>
internal interface IRowInverse
{
    /// <summary>Aᵀ·x.</summary>
    /// <param name="x"><c>[B, D]</c>, rows in the order of the solve's start.</param>
    /// <returns><c>[B, D]</c>.</returns>
    Tensor ApplyTransposed(Tensor x);
}
