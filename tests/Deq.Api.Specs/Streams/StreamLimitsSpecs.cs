using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Api.Tasks.Flow;
using Deq.Testing;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Streams;

public sealed class StreamLimitsSpecs : IDisposable
{
    private readonly StreamServer _server = new();
    private readonly HttpClient _client;

    public StreamLimitsSpecs() => _client = _server.Caller();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Of_another_caller_is_told_from_none_by_nothing()
    {
        string stream = await Open(_client);
        using HttpClient other = _server.Caller("two");

        JsonElement[] problems =
        [
            await other.GetAsync(stream, Cancellation).Problem(ProblemKinds.StreamNotFound),
            await other.GetAsync($"{Root}/{new string('A', 32)}", Cancellation).Problem(ProblemKinds.StreamNotFound),
            await other.DeleteAsync(stream, Cancellation).Problem(ProblemKinds.StreamNotFound),
            await Send(other, stream, 0, Frame(0)).Problem(ProblemKinds.StreamNotFound),
            await Send(other, $"{Root}/x", 0, Frame(0)).Problem(ProblemKinds.StreamNotFound),
        ];

        Assert.Single(problems.Select(problem => string.Join('|', problem.EnumerateObject().Where(member => member.Name != "traceId"))).Distinct());
        await _client.GetAsync(stream, Cancellation).Ok();
    }

    [Fact]
    public async Task That_lies_idle_is_gone_like_one_that_never_was()
    {
        var clock = new ManualClock();
        using var server = new StreamServer(clock, null, ("Streams:IdleMs", "1000"));
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        await Ask(client, stream, 0, Frame(0));
        clock.Advance(TimeSpan.FromMilliseconds(999));
        await Ask(client, stream, 1, Frame(1));

        clock.Advance(TimeSpan.FromMilliseconds(1000));
        JsonElement expired = await Send(client, stream, 2, Frame(2)).Problem(ProblemKinds.StreamNotFound);
        JsonElement never = await Send(client, $"{Root}/never", 2, Frame(2)).Problem(ProblemKinds.StreamNotFound);

        Assert.Equal(never.Detail(), expired.Detail());
    }

    [Fact]
    public async Task That_lies_idle_is_closed_although_nobody_asks()
    {
        var clock = new SteppedClock();
        using var server = new StreamServer(clock, null, ("Streams:IdleMs", "1000"));
        using HttpClient client = server.Caller();
        await Ask(client, await Open(client), 0, Frame(0));
        var store = (StreamStore)server.Services.GetService(typeof(StreamStore))!;

        clock.Advance(TimeSpan.FromMilliseconds(1000));

        bool isClosed = SpinWait.SpinUntil(() => store is { Count: 0, Bytes: 0 }, TimeSpan.FromSeconds(30));

        Assert.True(isClosed, $"{store.Count} streams are open and keep {store.Bytes} bytes.");
    }

    [Fact]
    public async Task Is_refused_to_a_caller_who_has_as_many_as_one_may()
    {
        using var server = new StreamServer(("Streams:PerCaller", "2"));
        using HttpClient client = server.Caller();
        using HttpClient other = server.Caller("two");
        string first = await Open(client);
        await Open(client);

        JsonElement problem = await client.PostAsync(Root, Json("""{"model":"tiny-flow"}"""), Cancellation).Problem(ProblemKinds.TooManyStreams);
        await Open(other);
        using HttpResponseMessage closed = await client.DeleteAsync(first, Cancellation);
        await Open(client);

        Assert.Equal(2, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task That_lost_its_state_to_the_bound_solves_cold_and_says_so()
    {
        // One frame of 48 x 32 pixels with its sketch, and not its state of 6 x 8 x 12 numbers as well.
        using var server = new StreamServer(("Streams:Bytes", "10900"));
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        await Ask(client, stream, 0, Frame(0));
        await Ask(client, stream, 1, Frame(1));

        JsonElement third = await Ask(client, stream, 2, Frame(2));
        JsonElement described = await client.GetAsync(stream, Cancellation).Ok();

        AssertCold(third, "lost", "cold");
        Assert.NotEqual(JsonValueKind.Null, third.GetProperty("flow").ValueKind);
        Assert.InRange(described.GetProperty("keptBytes").GetInt64(), 1, 10_900);
    }

    [Fact]
    public async Task That_lost_its_frame_too_begins_anew()
    {
        using var server = new StreamServer(("Streams:Bytes", "10"));
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        await Ask(client, stream, 0, Frame(0));

        JsonElement second = await Ask(client, stream, 1, Frame(1));
        JsonElement again = await Ask(client, stream, 1, Frame(1));

        AssertCold(second, "lost", null);
        AssertCold(again, "lost", null);
    }

    [Fact]
    public async Task Is_among_the_measurements()
    {
        string stream = await Open(_client);
        foreach (int i in new[] { 0, 1, 2 })
        {
            await Ask(_client, stream, i, Frame(i));
        }

        JsonElement stats = await _client.GetAsync("/api/v1/models/tiny-flow/stats", Cancellation).Ok();
        string metrics = await _client.GetStringAsync("/metrics", Cancellation);

        Assert.Equal(0.5, stats.GetProperty("answers").GetProperty("warmShare").GetDouble());
        Assert.Contains("deq_streams_open", metrics);
        Assert.Contains("deq_streams_bytes", metrics);
        Assert.Matches("deq_streams_frames_total\\{[^}]*coldReason=\"first\"", metrics);
    }

    [Fact]
    public async Task Is_documented_with_its_members_headers_forms_and_problems()
    {
        JsonElement document = await _client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();

        JsonElement paths = document.GetProperty("paths");
        JsonElement open = paths.GetProperty(Root).GetProperty("post");
        JsonElement frame = paths.GetProperty(Root + "/{id}/frames").GetProperty("post");
        JsonElement socket = paths.GetProperty(Root + "/{id}/ws").GetProperty("get");
        JsonElement members = open.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("properties");
        Assert.Equal([.. StreamRequest.Names, "sigma", "lambda", "factor"], members.EnumerateObject().Select(member => member.Name));
        Assert.True(open.GetProperty("responses").TryGetProperty("201", out _));
        Assert.Equal(
            FlowFormat.All.Select(format => format.Type),
            frame.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(type => type.Name));
        Assert.Contains("Frame-Index", frame.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()));
        Assert.Contains("dropStale", socket.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()));
        Assert.True(socket.GetProperty("responses").TryGetProperty("101", out _));
        Assert.All([ProblemKinds.StreamNotFound, ProblemKinds.FrameConflict, ProblemKinds.Diverged], kind => Assert.Contains(kind.Type, frame.ToString()));
        Assert.All([ProblemKinds.TooManyStreams, ProblemKinds.WrongTask, ProblemKinds.ModelNotFound], kind => Assert.Contains(kind.Type, open.ToString()));
    }

    private static void AssertCold(JsonElement answer, string reason, string? start)
    {
        Assert.False(answer.GetProperty("warm").GetBoolean());
        Assert.Equal(reason, answer.GetProperty("coldReason").GetString());
        Assert.Equal(start, answer.GetProperty("start").GetString());
    }
}
