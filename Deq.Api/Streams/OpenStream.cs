namespace Deq.Api.Streams;

/// <summary>An open stream in the memory of this process. Its turn's holder replaces what it keeps; its store drops parts of that between turns.</summary>
/// <param name="id">Unguessable.</param>
/// <param name="client">Who opened it; only that client can use it.</param>
/// <param name="terms">What was agreed when it was opened.</param>
/// <param name="opened">When that was.</param>
internal sealed class OpenStream(string id, string client, StreamTerms terms, DateTimeOffset opened)
{
    public string Id => id;

    public string Client => client;

    public StreamTerms Terms => terms;

    public DateTimeOffset Opened => opened;

    /// <summary>Its frames are handled one after the other.</summary>
    public StreamTurns Turns { get; } = new();

    /// <summary>What it keeps of its last frame. Written under its store's lock.</summary>
    public StreamMemory Memory { get; set; } = StreamMemory.None;
}
