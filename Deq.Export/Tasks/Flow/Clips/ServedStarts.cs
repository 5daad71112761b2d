using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Solves pairs in the engine from where a served stream starts them: the state carried, or cold, by what the frames and first residuals say.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class ServedStarts(ModelBundle bundle, int threads) : IDisposable
{
    private readonly InferenceEngine _engine = new(bundle.Manifest.Name, bundle.ModelWith(threads), new() { Threads = 1, RowsPerThread = 1 });
    private readonly FlowInput _frames = new(bundle.Manifest.Input, threads);
    private readonly IFixedPointMethod _method = FixedPointMethods.Named(bundle.Manifest.Defaults.Solver);

    /// <summary>Solves one pair.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="pair">Which pair of it, at least 1; its frames and the one before are of one size.</param>
    /// <param name="past">What the pairs before ended in.</param>
    /// <param name="layout">How states lie in memory.</param>
    /// <param name="grant">What it may spend; evaluations at starts that are tried count.</param>
    public ServedSolve Solve(FlowClip clip, int pair, PastStates past, FlowStateLayout layout, RowGrant grant)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(past);
        ArgumentNullException.ThrowIfNull(grant);
        (DecodedImage before, DecodedImage first, DecodedImage second) = (clip.Frames[pair - 1], clip.Frames[pair], clip.Frames[pair + 1]);
        return bundle.Manifest.Input.Guess is null ? Planned(before, first, second, past, layout, grant) : Guessed(first, second, past, layout, grant);
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Of a model that is given a guess, which starts from the last state or from nothing.</summary>
    private ServedSolve Guessed(DecodedImage first, DecodedImage second, PastStates past, FlowStateLayout layout, RowGrant grant)
    {
        float[] found = new float[layout.Length], begun = new float[layout.Length];
        double mostLost = 1;
        InferenceAnswer<bool> answer = Answer(Request(first, grant, found) with
        {
            Input = numbers => mostLost = _frames.Open(first, second, numbers, FlowState.Of(bundle.Manifest), past.Last, past.MostLost, begun).MostLost,
            Start = begun,
        });
        return new ServedSolve(new FlowSolve(answer.Solution, found), new PastStates(found, null) { MostLost = mostLost });
    }

    private ServedSolve Planned(DecodedImage before, DecodedImage first, DecodedImage second, PastStates past, FlowStateLayout layout, RowGrant grant)
    {
        float[] found = new float[layout.Length];
        bool goesOn = false;
        InferenceAnswer<bool> answer = Answer(Request(first, grant, found) with { Input = numbers => _frames.Fill(first, second, numbers), PlanStart = Plan });
        return new ServedSolve(new FlowSolve(answer.Solution, found), new PastStates(found, goesOn ? past.Last : null));

        StartPlan? Plan()
        {
            FlowState flow = FlowState.Of(bundle.Manifest);
            HalvedFrame halved = HalvedFrame.Of(first);
            var earlier = new FlowPast(HalvedFrame.Of(before), halved, past.Last, past.FlowBefore(layout));
            var start = NextStart.Of(
                new StartRule { Flow = flow, Layout = layout, Evaluations = grant.Budget.Evaluations },
                earlier,
                MotionFit.Of(earlier.Before, halved, past.Last, layout, flow.Stride).Along,
                HalvedFrame.Of(second),
                FrameSketch.Of(second).Difference(FrameSketch.Of(first)),
                new float[layout.Length]);
            goesOn = start.ColdReason is null;
            return start.Plan;
        }
    }

    private InferenceRequest<bool> Request(DecodedImage frame, RowGrant grant, float[] found) => new()
    {
        Input = _ => throw new InvalidOperationException("The request reads no frames."),
        Output = _ => true,
        FinalState = found,
        Method = _method,
        Tolerance = grant.Tolerance,
        Budget = grant.Budget,
        Shape = bundle.Manifest.Input.Sizes!.ShapeOf(frame.Height, frame.Width),
    };

    private InferenceAnswer<bool> Answer(InferenceRequest<bool> request)
    {
        _engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<bool>>> answers);
        return answers.Count == 1
            ? answers[0].GetAwaiter().GetResult()
            : throw new InvalidOperationException("An engine without other requests refused one.");
    }
}

/// <summary>How one pair was solved.</summary>
/// <param name="Solve">The solve.</param>
/// <param name="Next">What the next pair has to start from.</param>
internal sealed record ServedSolve(FlowSolve Solve, PastStates Next);

/// <summary>What the pairs of a clip before the present one ended in.</summary>
/// <param name="Last">The state of the pair before; a state of the layout.</param>
/// <param name="Before">That of the pair before it; null where that was the first, or the last did not go on from it.</param>
internal sealed record PastStates(float[] Last, float[]? Before)
{
    /// <summary>What the next pair's guess may lose, <see cref="FlowOpening.MostLost"/>. Default 1.</summary>
    public double MostLost { get; init; } = 1;

    /// <summary>The flow of <see cref="Before"/>, <c>[2, H, W]</c>; empty where there is none.</summary>
    /// <param name="layout">How states lie in memory.</param>
    public ReadOnlyMemory<float> FlowBefore(FlowStateLayout layout) => Before.AsMemory(Before is null ? 0 : layout.Hidden * layout.Cells);
}
