using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>Where a training step starts.</summary>
internal enum FlowStartKind
{
    /// <summary>From zeros.</summary>
    Cold,

    /// <summary>From the state of the previous pair, moved to the next frame.</summary>
    Carried,

    /// <summary>From the true flow with noise.</summary>
    Truth,

    /// <summary>From random numbers.</summary>
    Random,

    /// <summary>From where the step before ended, with its pairs.</summary>
    Continued,
}

/// <summary>Where a step starts.</summary>
/// <param name="Kind">How it was chosen.</param>
/// <param name="State">z.</param>
/// <param name="Made">Evaluations that were made for the same pairs before.</param>
/// <param name="Carried">Evaluations that were made of a carried state, for the pairs it was found on.</param>
/// <param name="IsMoved">Whether that was carried along the motion.</param>
internal sealed record FlowStartState(FlowStartKind Kind, Tensor State, int Made = 0, int Carried = 0, bool IsMoved = false);

/// <summary>Draws start states.</summary>
/// <param name="hidden">Channels of h.</param>
/// <param name="solve">The shares of carried starts.</param>
internal sealed class FlowStartDraws(int hidden, FlowSolveRecipe solve)
{
    /// <summary>Draws the start of one step.</summary>
    /// <param name="kind">Not <see cref="FlowStartKind.Continued"/>.</param>
    /// <param name="bound">The network.</param>
    /// <param name="batch">The clips.</param>
    /// <param name="random">Advanced.</param>
    public FlowStartState Draw(FlowStartKind kind, BoundNetwork bound, FlowBatch batch, ref SplitMix64 random)
    {
        using IDisposable off = no_grad();
        Tensor truth = nn.functional.avg_pool2d(batch.Flows[^1], FlowSizes.Stride) / FlowSizes.Stride;
        (long rows, long height, long width) = (truth.shape[0], truth.shape[2], truth.shape[3]);
        Tensor cold = zeros(rows, hidden + 2, height, width, device: truth.device);
        using var generator = new Generator(random.Next());
        float strength = (float)random.NextShare();
        switch (kind)
        {
            case FlowStartKind.Carried:
                int budget = solve.CarriedBudget(ref random);
                Tensor previous = bound.Iterate(cold, [.. bound.Encode(batch.Pair(0)).Select(part => part.detach())], budget);
                bool stays = solve.UnmovedShare > 0 && random.NextShare() < solve.UnmovedShare;
                Tensor moved = stays ? previous : CarriedState.Forward(previous, solve.Fill) * (strength < solve.HalvedShare ? 0.5f : 1);
                return new FlowStartState(kind, moved, Carried: budget, IsMoved: !stays);
            case FlowStartKind.Truth:
                Tensor noisy = truth + (2 * strength * Draws.Normal(truth.shape, truth, generator));
                return new FlowStartState(kind, cat([cold.narrow(1, 0, hidden), noisy], 1));
            case FlowStartKind.Random:
                Tensor h = (2 * strength * Draws.Uniform([rows, hidden, height, width], truth, generator)) - strength;
                return new FlowStartState(kind, cat([h, 2 * strength * Draws.Normal(truth.shape, truth, generator)], 1));
            default:
                return new FlowStartState(kind, cold);
        }
    }
}
