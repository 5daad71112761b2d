using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Solves the pairs of a clip in the engine from where a served stream starts them.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class ServedStarts(ModelBundle bundle, int threads) : IDisposable
{
    private readonly InferenceEngine _engine = new(bundle.Manifest.Name, bundle.ModelWith(threads), new() { Threads = 1, RowsPerThread = 1 });
    private readonly PairThreads _threads = new(threads);
    private FlowInput? _frames;
    private readonly FlowState _state = FlowState.Of(bundle.Manifest);
    private readonly IFixedPointMethod _method = FixedPointMethods.Named(bundle.Manifest.Defaults.Solver);

    /// <summary>Solves one pair.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The next frame, of the same size.</param>
    /// <param name="last">The previous pair, of the same size; null starts cold.</param>
    /// <param name="grant">What it may spend; evaluations at starts that are tried count.</param>
    /// <returns>The solve, and what the next pair may start from.</returns>
    public (FlowSolve Solve, LastPair Next) Solve(DecodedImage first, DecodedImage second, LastPair? last, RowGrant grant)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(grant);
        ShapeKey shape = bundle.Manifest.Input.Sizes!.ShapeOf(first.Height, first.Width);
        var layout = FlowStateLayout.Of(_state, shape);
        (float[] found, float[] start) = (new float[layout.Length], new float[layout.Length]);
        FlowInput frames = _frames ??= new FlowInput(bundle.Manifest.Input, _threads);
        var pair = new StreamedPair(frames, _state, last);
        double mostLost = 1;
        InferenceAnswer<bool> answer = Answer(new InferenceRequest<bool>
        {
            Input = numbers => mostLost = pair.Open(first, second, FrameSketch.Of(second).Difference(FrameSketch.Of(first)), numbers, start),
            Start = frames.StartOf(start),
            PlanStart = frames.IsGuessed ? null : () => pair.Plan(layout, start),
            Output = _ => true,
            FinalState = found,
            Method = _method,
            AnswersFinal = grant.AnswersFinal,
            Tolerance = grant.Tolerance,
            Budget = grant.Budget,
            Shape = shape,
        });
        return (new FlowSolve(answer.Solution, found), new LastPair(found, mostLost));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _threads.Dispose();
    }

    private InferenceAnswer<bool> Answer(InferenceRequest<bool> request)
    {
        _engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<bool>>> answers);
        return answers.Count == 1
            ? answers[0].GetAwaiter().GetResult()
            : throw new InvalidOperationException("An engine without other requests refused one.");
    }
}
