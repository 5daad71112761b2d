using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>f for one mini-batch: the network's cell at its injections, with the parts of the state that rest in this step.</summary>
/// <param name="network">Weights of the step.</param>
/// <param name="x">The injections.</param>
/// <param name="mask">Factors of z, <c>[B, D]</c>; null for none.</param>
/// <param name="trajectory">Sees the evaluations of the solve; null for none.</param>
internal sealed class StepCell(BoundNetwork network, Tensor[] x, Tensor? mask, Trajectory? trajectory)
{
    /// <summary>Side inputs, reordered with the rows of a solve: the injections, then as present the mask and the rows' places.</summary>
    public Tensor[] SideInputs
    {
        get
        {
            List<Tensor> all = [.. x];
            if (mask is not null)
            {
                all.Add(mask);
            }

            if (trajectory is not null)
            {
                all.Add(HeldArithmetic.CountTo(x[0].shape[0], ScalarType.Int64, x[0].device));
            }

            return [.. all];
        }
    }

    /// <summary>z <c>[B, D]</c> ↦ f(m ⊙ z, x) with gradient.</summary>
    public Tensor Evaluate(Tensor z) => network.Evaluate(mask is null ? z : z * mask, x);

    /// <summary>The same in a solve, for the rows that are left.</summary>
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> sideInputs)
    {
        Tensor mapped = network.EvaluateLeft(mask is null ? z : z * sideInputs[x.Length], [.. sideInputs.Take(x.Length)], (int)x[0].shape[0]);
        trajectory?.See(mapped, sideInputs[^1]);
        return mapped;
    }
}
