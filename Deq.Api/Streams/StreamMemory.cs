namespace Deq.Api.Streams;

/// <summary>What a stream keeps of its last frame. What is missing was never there, or was dropped to stay within the server's bounds.</summary>
internal sealed record StreamMemory
{
    /// <summary>Of a stream that has had no frame.</summary>
    public static StreamMemory None { get; } = new();

    /// <summary>The frame's index; −1 before the first.</summary>
    public long Index { get; init; } = -1;

    /// <summary>SHA-256 of its bytes as they came; empty before the first.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Frames answered, repetitions not counted.</summary>
    public long Frames { get; init; }

    /// <summary>Of them, those that started from the state of the one before.</summary>
    public long WarmFrames { get; init; }

    /// <summary>The answer, for a client that sends the frame again.</summary>
    public FrameReply? Reply { get; init; }

    /// <summary>What the next frame may start from.</summary>
    public IKeptFrame? Kept { get; init; }

    /// <summary>Whether the next frame may start warm.</summary>
    public bool HasStart => Kept is { HasStart: true };

    /// <summary>Bytes of everything whose size depends on what clients send.</summary>
    public long Bytes => (Reply?.Body.Length ?? 0) + (Kept?.Bytes ?? 0);

    /// <summary>Without what only a warm start needs.</summary>
    public StreamMemory WithoutStart() => HasStart ? this with { Kept = Kept!.WithoutStart() } : this;

    /// <summary>With nothing but the index, the digest and the counts.</summary>
    public StreamMemory WithoutFrame() => this with { Kept = null, Reply = null };
}

/// <summary>What a task keeps of a frame for the next. May be lost.</summary>
internal interface IKeptFrame
{
    long Bytes { get; }

    /// <summary>Whether the next frame may start warm.</summary>
    bool HasStart { get; }

    /// <summary>The same without what only a warm start needs.</summary>
    IKeptFrame WithoutStart();
}
