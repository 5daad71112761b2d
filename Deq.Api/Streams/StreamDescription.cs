using Deq.Api.Solving;

namespace Deq.Api.Streams;

/// <summary>An open stream.</summary>
internal sealed record StreamDescription
{
    /// <summary>Names it in paths; who opened it alone can use it.</summary>
    public required string Id { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the model's bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What frames are answered with.</summary>
    public required string Output { get; init; }

    /// <summary>Whether frames may start where the last one ended.</summary>
    public required bool Warm { get; init; }

    /// <summary>The fixed-point method.</summary>
    public required string Solver { get; init; }

    /// <summary>The budget profile that was asked for; null when none was.</summary>
    public required string? Profile { get; init; }

    /// <summary>What each frame may spend.</summary>
    public required BudgetReport Budget { get; init; }

    /// <summary>The parameters of the task that were given, as text.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Parameters for which less was granted than asked.</summary>
    public required IReadOnlyList<ClampedParameter> Clamped { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset Opened { get; init; }

    /// <summary>Milliseconds without a frame after which it is closed.</summary>
    public required long IdleMs { get; init; }

    /// <summary>The index of the last frame; null before the first.</summary>
    public required long? LastIndex { get; init; }

    /// <summary>Frames answered, repetitions not counted.</summary>
    public required long Frames { get; init; }

    /// <summary>Of them, those that started from the state of the one before.</summary>
    public required long WarmFrames { get; init; }

    /// <summary>Whether the next frame may start warm.</summary>
    public required bool HasState { get; init; }

    /// <summary>Bytes that it keeps between frames.</summary>
    public required long KeptBytes { get; init; }

    internal static StreamDescription Of(OpenStream stream, StreamLimits limits)
    {
        (StreamTerms terms, StreamMemory memory) = (stream.Terms, stream.Memory);
        return new StreamDescription
        {
            Id = stream.Id,
            Model = terms.Model,
            Version = terms.Version,
            Sha256 = terms.Sha256,
            Output = terms.Output,
            Warm = terms.IsWarm,
            Solver = terms.Grant.Solver,
            Profile = terms.Grant.Profile,
            Budget = terms.Budget ?? terms.Grant.Budget,
            Parameters = terms.Grant.Asked.OfTask,
            Clamped = terms.Grant.Clamped,
            Opened = stream.Opened,
            IdleMs = (long)limits.Idle.TotalMilliseconds,
            LastIndex = memory.Index < 0 ? null : memory.Index,
            Frames = memory.Frames,
            WarmFrames = memory.WarmFrames,
            HasState = memory.HasStart,
            KeptBytes = memory.Bytes,
        };
    }
}
