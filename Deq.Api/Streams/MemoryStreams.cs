using Deq.Api.Settings;

namespace Deq.Api.Streams;

/// <summary>Streams in the memory of this process.</summary>
internal sealed class MemoryStreams(StreamStore store, FrameTurns turns, TimeProvider clock) : IStreams
{
    public Task<StreamDescription> OpenAsync(string client, StreamTerms terms) => Task.FromResult(store.Describe(store.Open(client, terms)));

    public Task<StreamDescription?> FindAsync(string id, string client) =>
        Task.FromResult(store.Find(id, client) is { } stream ? store.Describe(stream) : null);

    public Task<(StreamDescription Stream, IDisposable Use)?> ExpectAsync(string id, string client) => Task.FromResult<(StreamDescription Stream, IDisposable Use)?>(
        store.Expect(id, client) is ({ } stream, { } use) ? (store.Describe(stream), use) : null);

    public async Task<long> NextIndexAsync(string id, string client, CancellationToken cancellation)
    {
        OpenStream stream = Find(id, client);
        using IDisposable turn = await store.EnterAsync(stream, cancellation) ?? throw StreamProblems.NotFound();
        return stream.Memory.Index + 1;
    }

    public async Task<FrameReply> AnswerAsync(FrameMessage frame, CancellationToken cancellation)
    {
        long begun = frame.Begun ?? clock.GetTimestamp();
        OpenStream stream = Find(frame.Stream, frame.Client);
        using IDisposable turn = await store.EnterAsync(stream, cancellation) ?? throw StreamProblems.NotFound();
        (FrameReply reply, StreamMemory? memory) = await turns.AnswerAsync(frame, stream.Terms, stream.Memory, begun, cancellation);
        if (memory is not null)
        {
            store.Keep(stream, memory);
        }

        return reply;
    }

    public Task<bool> CloseAsync(string id, string client)
    {
        OpenStream? stream = store.Find(id, client);
        if (stream is not null)
        {
            store.Close(stream);
        }

        return Task.FromResult(stream is not null);
    }

    private OpenStream Find(string id, string client) => store.Find(id, client) ?? throw StreamProblems.NotFound();
}

internal static class StreamServing
{
    /// <summary>Streams in the memory of this process.</summary>
    public static void AddMemoryStreams(this WebApplicationBuilder builder)
    {
        builder.AddSettings<StreamLimits>(StreamLimits.Section);
        builder.Services.AddSingleton<StreamMetrics>();
        builder.Services.AddSingleton<FrameTurns>();
        builder.Services.AddSingleton<StreamStore>();
        builder.Services.AddSingleton<IStreams, MemoryStreams>();
        builder.Services.AddHostedService<StreamExpiry>();
    }
}
