using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Restoration;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Damaged patches as tensors, in the caller's dispose scope.</summary>
/// <param name="Clean"><c>[B, 1, H, W]</c>.</param>
/// <param name="Start">Where their solves start, <c>[B, 1, H, W]</c>.</param>
/// <param name="Scale">By what the squared error of each is divided, <c>[B, 1, 1, 1]</c>, in units of the grey range.</param>
/// <param name="Planes">The encoder's input, <c>[B, 7, H, W]</c>.</param>
internal sealed record DamagedPatches(Tensor Clean, Tensor Start, Tensor Scale, Tensor Planes)
{
    /// <summary>What completes the cell's step where the operator loses pixels; null where it keeps all.</summary>
    public LossyTerm? Term { get; init; }

    /// <summary>What a solve may spend: where pixels are lost, as much tighter and longer than for noise as the server solves by default.</summary>
    /// <param name="tolerance">Of noise.</param>
    /// <param name="evaluations">Of noise.</param>
    public RowGrant Grant(double tolerance, int evaluations) => Term is null
        ? RowGrant.Of(tolerance, evaluations)
        : RowGrant.Of(RestorationScales.LossyTolerance * tolerance, RestorationScales.LossyEvaluations * evaluations);
}
