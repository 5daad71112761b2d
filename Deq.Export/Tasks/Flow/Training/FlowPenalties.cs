using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>What a step of flow training asks of the cell besides the right flow: rest at the end, and calm around it.</summary>
/// <remarks>
/// The Jacobian penalty is the mean of ‖(f(z + εv) − f(z))/ε‖² over v of independent standard normals, which estimates ‖J‖²_F per entry of the state
/// with first derivatives only. The contraction penalty is ‖f(f(z)) − f(z)‖ / ‖f(z) − z‖, of h and of flow, with the lower norm and both states held
/// fixed: late in a solve a step of the power iteration for the slowest modes, however small they are.
/// </remarks>
/// <param name="hidden">Channels of h.</param>
internal sealed class FlowPenalties(int hidden)
{
    // Far above the rounding of single precision, far below the cells over which the look-up bends.
    private const float Probe = 1e-2f;

    /// <summary>Adds what keeps the last state at rest and near a carried start, and the cell calm around it.</summary>
    public (Tensor Total, double Change) Add(
        BoundNetwork bound, FlowSolveRecipe solve, Tensor[] x, FlowStartState from, FlowCorrected corrected, int evaluations, ref SplitMix64 random)
    {
        (Tensor total, Tensor last, Tensor before) = corrected;
        Tensor step = last - before;
        double share = Rested(solve, evaluations + from.Made);
        total = total + (solve.ChangePenalty * share * Change(step));
        if (from.IsMoved && solve.ArrivalPenalty > 0)
        {
            Tensor arrival = Length(Hidden(last - from.State)) / Length(Hidden(last.detach()));
            total = total + (solve.ArrivalPenalty * share * Rested(solve, from.Carried) * arrival.mean());
        }

        bool isProbed = random.NextShare() < solve.JacobianShare && solve.JacobianPenalty > 0;
        if (!isProbed && solve.ContractionPenalty == 0)
        {
            return (total, Moved(step).item<float>());
        }

        // The last evaluation with its gradient alone, whatever came before it.
        Tensor resting = solve.GradientSteps == 1 ? last : bound.Evaluate(before, x);
        if (solve.ContractionPenalty > 0)
        {
            Tensor next = bound.Evaluate(last.detach(), x) - resting;
            total = total + (solve.ContractionPenalty * share * Contraction(next, step.detach()));
        }

        if (isProbed)
        {
            using var generator = new Generator(random.Next());
            Tensor direction = Draws.Normal(before.shape, before, generator);
            Tensor probed = bound.Evaluate(before + (Probe * direction), x);
            total = total + (solve.JacobianPenalty * ((probed - resting) / Probe).square().mean());
        }

        return (total, Moved(step).item<float>());
    }

    private static double Rested(FlowSolveRecipe solve, int evaluations) => Math.Min(1, evaluations / (double)solve.RestFrom);

    /// <summary>How much a step of the state is: its flow's mean length in pixels, and the mean modulus of its h.</summary>
    public Tensor Change(Tensor step) => Moved(step) + Hidden(step).abs().mean();

    private Tensor Hidden(Tensor z) => z.narrow(1, 0, hidden);

    private Tensor Moved(Tensor step) => FlowSizes.Stride * step.narrow(1, hidden, 2).norm(1).mean();

    /// <summary>How long a step is against the one before, the mean over h, flow and samples.</summary>
    private Tensor Contraction(Tensor next, Tensor step)
    {
        Tensor ofFlow = Length(next.narrow(1, hidden, 2)) / Length(step.narrow(1, hidden, 2));
        Tensor ofHidden = Length(Hidden(next)) / Length(Hidden(step));
        return (ofFlow.mean() + ofHidden.mean()) / 2;
    }

    /// <summary>Per sample, the mean over the cells of the length of a part of the state; away from 0, where a length has no derivative.</summary>
    private static Tensor Length(Tensor part) => (part.square().sum(1) + 1e-12).sqrt().mean([1, 2]);
}
