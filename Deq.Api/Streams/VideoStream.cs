namespace Deq.Api.Streams;

/// <summary>An open stream. Its turn's holder reads and replaces what it keeps; its store drops parts of that between turns.</summary>
/// <param name="id">Unguessable.</param>
/// <param name="caller">Who opened it; nobody else can use it.</param>
/// <param name="terms">What was agreed when it was opened.</param>
/// <param name="opened">When that was.</param>
internal sealed class VideoStream(string id, string caller, StreamTerms terms, DateTimeOffset opened)
{
    public string Id => id;

    public string Caller => caller;

    public StreamTerms Terms => terms;

    public DateTimeOffset Opened => opened;

    /// <summary>Its frames are handled one after the other.</summary>
    public StreamTurns Turns { get; } = new();

    /// <summary>What it keeps of its last frame. Written under its store's lock.</summary>
    public FrameMemory Memory { get; set; } = FrameMemory.None;

    /// <summary>Frames answered, repetitions not counted. Written by the turn's holder.</summary>
    public long Frames { get; set; }

    /// <summary>Of them, those that started from the state of the one before.</summary>
    public long WarmFrames { get; set; }
}
