using Deq.Api.Solving;

namespace Deq.Api.Streams;

/// <summary>An open stream.</summary>
/// <param name="Id">Names it in paths; who opened it alone can use it.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Output">What frames are answered with.</param>
/// <param name="Warm">Whether frames may start where the last one ended.</param>
/// <param name="Solver">The fixed-point method.</param>
/// <param name="Profile">The budget profile that was asked for; null when none was.</param>
/// <param name="Budget">What each frame may spend.</param>
/// <param name="Clamped">Parameters for which less was granted than asked.</param>
/// <param name="Opened">When it was opened.</param>
/// <param name="IdleMs">Milliseconds without a frame after which it is closed.</param>
/// <param name="LastIndex">The index of the last frame; null before the first.</param>
/// <param name="Frames">Frames answered, repetitions not counted.</param>
/// <param name="WarmFrames">Of them, those that started from the state of the one before.</param>
/// <param name="HasState">Whether the next frame may start warm.</param>
/// <param name="KeptBytes">Bytes that it keeps between frames.</param>
public sealed record StreamDescription(
    string Id,
    string Model,
    string Version,
    string Sha256,
    string Output,
    bool Warm,
    string Solver,
    string? Profile,
    BudgetReport Budget,
    IReadOnlyList<ClampedParameter> Clamped,
    DateTimeOffset Opened,
    long IdleMs,
    long? LastIndex,
    long Frames,
    long WarmFrames,
    bool HasState,
    long KeptBytes)
{
    internal static StreamDescription Of(VideoStream stream, StreamLimits limits)
    {
        (StreamTerms terms, FrameMemory memory) = (stream.Terms, stream.Memory);
        SolveGrant grant = terms.Grant;
        return new StreamDescription(
            stream.Id, terms.Model.Manifest.Name, terms.Model.Manifest.Version, terms.Model.Sha256, terms.Output.Type, terms.IsWarm, grant.Solver.Name,
            grant.Profile, new BudgetReport(grant.MaxEvaluations, grant.DeadlineMs, grant.Tolerance, grant.UntilStable), grant.Clamped, stream.Opened,
            (long)limits.Idle.TotalMilliseconds, memory.Index < 0 ? null : memory.Index, stream.Frames, stream.WarmFrames, memory.State is not null, memory.Bytes);
    }
}
