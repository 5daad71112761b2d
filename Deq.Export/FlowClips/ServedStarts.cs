using Deq.Export.FlowEvaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling;
using Deq.Runtime.WarmStarts;

namespace Deq.Export.FlowClips;

/// <summary>Solves pairs in the engine from where a served stream starts them: the state carried, or cold, by what the frames and first residuals say.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
public sealed class ServedStarts(ModelBundle bundle, int threads) : IDisposable
{
    private readonly InferenceEngine _engine = new(bundle.Manifest.Name, bundle.ModelWith(threads), new() { Threads = 1, RowsPerThread = 1 });
    private readonly IFixedPointMethod _method = FixedPointMethods.Named(bundle.Manifest.Defaults.Solver);

    /// <summary>Solves one pair.</summary>
    /// <param name="before">The frame before that, which with <paramref name="first"/> made the pair that the state is of.</param>
    /// <param name="first">The frame before.</param>
    /// <param name="second">The frame, of the same size.</param>
    /// <param name="state">What the pair before ended in; a state of the layout.</param>
    /// <param name="layout">How states lie in memory.</param>
    /// <param name="grant">What it may spend; evaluations at starts that are tried count.</param>
    public FlowSolve Solve(DecodedImage before, DecodedImage first, DecodedImage second, float[] state, FlowStateLayout layout, RowGrant grant)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(grant);
        float[] found = new float[layout.Length];
        var request = new InferenceRequest<bool>
        {
            Input = numbers => FramePair.Fill(first, second, bundle.Manifest.Input, numbers),
            PlanStart = Plan,
            Output = _ => true,
            FinalState = found,
            Method = _method,
            Tolerance = grant.Tolerance,
            Budget = grant.Budget,
            Shape = bundle.Manifest.Input.Sizes!.ShapeOf(first.Height, first.Width),
        };
        _engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<bool>>> answers);
        InferenceAnswer<bool> answer = answers.Count == 1
            ? answers[0].GetAwaiter().GetResult()
            : throw new InvalidOperationException("An engine without other requests refused one.");
        return new FlowSolve(answer.Solution, found);

        StartPlan? Plan()
        {
            FlowState flow = bundle.Manifest.State!;
            var fit = MotionFit.Of(first, second, state, layout, flow.Stride);
            if (!fit.Holds(MotionFit.Of(before, first, state, layout, flow.Stride).Along)
                || new CutOptions().IsCut(FrameSketch.Of(second).Difference(FrameSketch.Of(first))))
            {
                return null;
            }

            float[] carried = new float[layout.Length];
            FlowStarts.Carry(fit, state, layout, new CarryOptions(), carried);
            return FlowStarts.Plan(carried, state, flow, grant.Budget.Evaluations);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
