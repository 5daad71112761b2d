using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>Has a model's engine estimate the flow between two frames. Only waits; the engine's threads do the work.</summary>
internal static class FlowEstimation
{
    /// <summary>The flow and how it was found.</summary>
    /// <param name="model">A flow estimator.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="grant">What the solve may spend.</param>
    /// <param name="time">What the grant's deadline leaves to the engine, from now.</param>
    /// <param name="read">Makes of the flow what the caller wants, on an engine thread.</param>
    /// <param name="start">The state to start from and the buffer for the one it ends with, <c>[StateWidth]</c> each; default: the guess where the model has one, and no buffer.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    /// <exception cref="Problems.ProblemException">The engine has no room, or a frame or the solve has a fault.</exception>
    public static Task<(T Result, SolveReport Report)> EstimateAsync<T>(
        ServedModel model,
        EncodedFrames frames,
        SolveGrant grant,
        TimeSpan time,
        Func<FlowField, T> read,
        (ReadOnlyMemory<float>? From, Memory<float>? Into) start,
        CancellationToken cancellation)
        where T : class => EngineCall.SolveOneAsync<T?, (T Result, SolveReport Report)>(
            model,
            together => RequestOf(model, frames, grant, time, read, together) with { Start = start.From ?? frames.Start, IsWarm = () => start.From is not null, FinalState = start.Into },
            answer => answer.Result is { } result ? (result, grant.Report(answer)) : throw EngineCall.Diverged(grant.Report(answer)),
            cancellation);

    private static InferenceRequest<T?> RequestOf<T>(
        ServedModel model, EncodedFrames frames, SolveGrant grant, TimeSpan time, Func<FlowField, T> read, CancellationToken cancellation)
        where T : class => new()
        {
            Input = frames.Write,
            Output = output => EstimatedFlow.Read(output, frames.Width, frames.Height, model.Manifest.Input.Sizes!) is { } flow ? read(flow) : null,
            Shape = frames.Shape,
            Method = grant.Solver,
            Tolerance = new() { Relative = grant.Tolerance },
            Budget = new() { Evaluations = grant.MaxEvaluations, Time = time },
            Priority = grant.Priority,
            Cancellation = cancellation,
        };
}
