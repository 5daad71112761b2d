using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Models;
using Deq.Testing;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Streams;

/// <summary>Frames by POST whose bodies come long after their heads.</summary>
public sealed class FrameUploadSpecs : IDisposable
{
    private const int IdleMs = 1000;
    private const int DefaultDeadlineMs = 30_000;

    /// <summary>Bytes of a frame that come with its head.</summary>
    private const int First = 40;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SteppedClock _clock = new();
    private readonly ConcurrentQueue<long> _begun = new();
    private readonly StreamServer _server;
    private readonly WebApplicationFactory<Program> _listening;
    private readonly HttpClient _client;

    public FrameUploadSpecs()
    {
        _server = new StreamServer(_clock, null, ("urls", "http://127.0.0.1:0"), ("Streams:IdleMs", $"{IdleMs}"), ("Streams:Most", "2"));
        _listening = _server.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
        {
            services.RemoveAll<IStreamedTask>();
            services.AddSingleton<IStreamedTask>(provider => new Watched(ActivatorUtilities.CreateInstance<FlowStream>(provider), _begun));
        }));
        // The web server's own least rate is by the real clock.
        _listening.UseKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
        _client = _listening.CreateClient();
        _client.DefaultRequestHeaders.Add("X-Api-Key", "one");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StreamStore Store => _listening.Services.GetRequiredService<StreamStore>();

    public void Dispose()
    {
        _client.Dispose();
        _listening.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task That_do_not_end_by_the_deadline_of_their_stream_are_refused()
    {
        string stream = await Open(_client, ",\"deadlineMs\":200");
        using RawClient slow = await Begin(stream, Frame(0), deadlineMs: 200);

        _clock.Advance(TimeSpan.FromMilliseconds(200));

        string answer = await slow.ReadSome();
        Assert.StartsWith("HTTP/1.1 408", answer);
        Assert.Contains(ProblemKinds.BodyTooSlow.Type, answer);
        Assert.Contains("200 ms", answer);
        Assert.Empty(_begun);
    }

    [Fact]
    public async Task Count_their_deadline_from_their_heads()
    {
        string stream = await Open(_client, ",\"deadlineMs\":500");
        long begun = _clock.GetTimestamp();
        using RawClient slow = await Begin(stream, Frame(0), deadlineMs: 500);
        _clock.Advance(TimeSpan.FromMilliseconds(300));

        await slow.Send(Frame(0).AsMemory(First));

        Assert.StartsWith("HTTP/1.1 200", await slow.ReadSome());
        Assert.Equal(begun, Assert.Single(_begun));
    }

    [Fact]
    public async Task Keep_their_stream_open_until_they_have_come()
    {
        string stream = await Open(_client);
        await Ask(_client, stream, 0, Frame(0));
        _clock.Advance(TimeSpan.FromMilliseconds(IdleMs - 1));
        using RawClient slow = await Begin(stream, Frame(1));
        _clock.Advance(TimeSpan.FromMilliseconds(2 * IdleMs));
        Store.Expire();

        await slow.Send(Frame(1).AsMemory(First));

        Assert.StartsWith("HTTP/1.1 200", await slow.ReadSome());
        await Ask(_client, stream, 2, Frame(2));
    }

    [Fact]
    public async Task That_never_end_do_not_keep_their_stream_for_ever()
    {
        string stream = await Open(_client);
        _clock.Advance(TimeSpan.FromMilliseconds(IdleMs - 1));
        using RawClient slow = await Begin(stream, Frame(0));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await Send(_client, stream, 0, Frame(0)).Problem(ProblemKinds.Overloaded);
        int kept = Store.Count;
        slow.Reset();
        bool isClosed = SpinWait.SpinUntil(IsClosed, s_patience);

        Assert.Equal((1, true), (kept, isClosed));

        bool IsClosed()
        {
            Store.Expire();
            return Store.Count == 0;
        }
    }

    [Fact]
    public async Task Have_others_wait_until_they_have_come_once_their_stream_has_lain_idle_for_too_long()
    {
        string stream = await Open(_client);
        using RawClient slow = await Begin(stream, Frame(0));
        _clock.Advance(TimeSpan.FromMilliseconds(IdleMs));

        await Send(_client, stream, 1, Frame(1)).Problem(ProblemKinds.Overloaded);
        await slow.Send(Frame(0).AsMemory(First));
        string first = await slow.ReadSome();

        Assert.StartsWith("HTTP/1.1 200", first);
        await Ask(_client, stream, 1, Frame(1));
    }

    [Fact]
    public async Task Keep_their_stream_from_being_closed_for_another()
    {
        string stream = await Open(_client);
        using RawClient slow = await Begin(stream, Frame(0));
        string second = await Open(_client);

        await Open(_client);

        await _client.GetAsync(second, Cancellation).Problem(ProblemKinds.StreamNotFound);
        await slow.Send(Frame(0).AsMemory(First));
        Assert.StartsWith("HTTP/1.1 200", await slow.ReadSome());
    }

    /// <summary>Sends the head of a frame and its first bytes, and waits until the server has begun to read them.</summary>
    private async Task<RawClient> Begin(string stream, byte[] frame, int deadlineMs = DefaultDeadlineMs)
    {
        HeldBodies bodies = _listening.Services.GetRequiredService<HeldBodies>();
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes == 0, s_patience));
        RawClient client = await RawClient.Connect(_client.BaseAddress!);
        await client.Send(RawClient.Head($"{stream}/frames", frame.Length, "image/png\r\nX-Api-Key: one"));
        await client.Send(frame.AsMemory(0, First));
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes > 0 && _clock.IsAwaited(TimeSpan.FromMilliseconds(deadlineMs)), s_patience));
        return client;
    }

    /// <summary>The task with a note of when its frames began.</summary>
    private sealed class Watched(IStreamedTask flow, ConcurrentQueue<long> begun) : IStreamedTask
    {
        public IModelTask Task => flow.Task;

        public IReadOnlyList<string> Outputs => flow.Outputs;

        public IReadOnlyList<ProblemKind> Problems => flow.Problems;

        public JsonNode Opening => flow.Opening;

        public Task<FrameOutcome> AnswerAsync(StreamFrame frame, CancellationToken cancellation)
        {
            begun.Enqueue(frame.Begun);
            return flow.AnswerAsync(frame, cancellation);
        }

        public FrameReply ReplyOfLost(string stream, long index) => flow.ReplyOfLost(stream, index);

        public IReadOnlyDictionary<string, OpenApiMediaType> Describe(OperationFilterContext context) => flow.Describe(context);
    }
}
