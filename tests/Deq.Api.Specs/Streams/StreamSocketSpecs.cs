using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using static Deq.Api.Specs.Clients.FrameSockets;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Streams;

public sealed class StreamSocketSpecs : IDisposable
{
    private readonly StreamServer _server = new(("Limits:BodyBytes", "20000"));
    private readonly HttpClient _client;

    public StreamSocketSpecs() => _client = _server.Caller();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Answers_each_frame_with_a_result_in_order()
    {
        string stream = await Open(_client);
        using WebSocket socket = await Connect(_server, stream);
        for (int i = 0; i < 5; i++)
        {
            await Send(socket, Frame(i));
        }

        JsonElement[] results = await ReadMany(socket, 5);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);

        Assert.Equal([0, 1, 2, 3, 4], results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(JsonValueKind.Null, results[0].GetProperty("flow").ValueKind);
        Assert.All(results.Skip(2), result => Assert.True(result.GetProperty("warm").GetBoolean()));
        Assert.DoesNotContain(results, result => result.TryGetProperty("skipped", out _));
    }

    [Fact]
    public async Task Follows_the_same_rules_as_frames_by_post()
    {
        string stream = await Open(_client);
        await Ask(_client, stream, 0, Frame(0));
        using WebSocket socket = await Connect(_server, stream);

        await Send(socket, Frame(1));
        JsonElement first = await Read(socket);
        await Text(socket, """{"index":1}""");
        await Send(socket, Frame(1));
        JsonElement again = await Read(socket);
        await Text(socket, """{"index":1}""");
        await Send(socket, Frame(2));
        JsonElement conflict = await Read(socket);
        await Text(socket, """{"index":9}""");
        await Send(socket, Frame(2));
        JsonElement gap = await Read(socket);

        Assert.Equal(1, first.GetProperty("index").GetInt32());
        Assert.Equal(first.ToString(), again.ToString());
        Assert.Equal("urn:deq:problem:frame-conflict", conflict.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal(1, conflict.GetProperty("index").GetInt32());
        Assert.Equal((9, "gap"), (gap.GetProperty("index").GetInt32(), gap.GetProperty("coldReason").GetString()));
    }

    [Fact]
    public async Task Sends_a_picture_after_the_result_that_announces_it()
    {
        string stream = await Open(_client, ",\"output\":\"image/png\"");
        using WebSocket socket = await Connect(_server, stream);
        await Send(socket, Frame(0));
        await Send(socket, Frame(1));

        JsonElement first = await Read(socket);
        JsonElement second = await Read(socket);
        (byte[] picture, WebSocketMessageType type) = await Receive(socket);

        Assert.False(first.TryGetProperty("bytes", out _));
        Assert.Equal(picture.Length, second.GetProperty("bytes").GetInt32());
        Assert.Equal(WebSocketMessageType.Binary, type);
        Assert.Equal(48, Deq.Runtime.Imaging.ImageDecoder.Decode(picture, new()).Width);
    }

    [Fact]
    public async Task Skips_to_the_newest_frame_when_asked_and_says_which_it_skipped()
    {
        using var server = new StreamServer(("Engine:Threads", "1"), ("Engine:RowsPerThread", "1"));
        using HttpClient client = server.Caller();
        string stream = await Open(client, ",\"maxEvaluations\":1000, \"tolerance\":0.000001, \"solver\":\"picard\"");
        using WebSocket socket = await Connect(server, stream + "/ws?dropStale=true", isPath: true);
        await Send(socket, Frame(0));
        JsonElement first = await Read(socket);
        for (int i = 1; i <= 40; i++)
        {
            await Send(socket, Frame(i));
        }

        var answered = new List<long>();
        var skipped = new List<long>();
        while (answered.LastOrDefault() != 40)
        {
            JsonElement result = await Read(socket);
            answered.Add(result.GetProperty("index").GetInt64());
            if (result.TryGetProperty("skipped", out JsonElement indices))
            {
                skipped.AddRange(indices.EnumerateArray().Select(index => index.GetInt64()));
                Assert.Equal("gap", result.GetProperty("coldReason").GetString());
            }
        }

        Assert.Equal(0, first.GetProperty("index").GetInt64());
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), answered.Concat(skipped).Order());
        Assert.Equal(answered.Order(), answered);
    }

    [Theory]
    [InlineData("""{"index":-1}""")]
    [InlineData("""{"index":9007199254740992}""")]
    [InlineData("""{"index":9223372036854775807}""")]
    [InlineData("""{"index":1.5}""")]
    [InlineData("""{"index":"1"}""")]
    [InlineData("""{"frame":1}""")]
    [InlineData("""{"index":null}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"index":"\ud800"}""")]
    [InlineData("[null]")]
    [InlineData("[]")]
    [InlineData("index")]
    public async Task Closes_with_a_problem_on_a_text_that_sets_no_index(string text)
    {
        string stream = await Open(_client);
        using WebSocket socket = await Connect(_server, stream);

        await Text(socket, text);
        JsonElement problem = await Read(socket);
        (_, WebSocketMessageType type) = await Receive(socket);

        Assert.Equal("urn:deq:problem:malformed-request", problem.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.PolicyViolation), (type, socket.CloseStatus));
        await _client.GetAsync(stream, Cancellation).Ok();
    }

    [Fact]
    public async Task Closes_with_a_problem_on_a_frame_beyond_the_limit_of_bodies()
    {
        string stream = await Open(_client);
        using WebSocket socket = await Connect(_server, stream);

        await Send(socket, new byte[20_001]);
        JsonElement problem = await Read(socket);
        (_, WebSocketMessageType type) = await Receive(socket);

        Assert.Equal(20_000, problem.GetProperty("problem").GetProperty("limit").GetInt32());
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.MessageTooBig), (type, socket.CloseStatus));
    }

    [Fact]
    public async Task Goes_on_after_a_frame_that_cannot_be_read()
    {
        string stream = await Open(_client);
        using WebSocket socket = await Connect(_server, stream);
        await Send(socket, [1, 2, 3]);
        await Send(socket, Frame(1));

        JsonElement problem = await Read(socket);
        JsonElement next = await Read(socket);

        Assert.Equal("urn:deq:problem:unsupported-image", problem.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal("first", next.GetProperty("coldReason").GetString());
    }

    [Fact]
    public async Task Closes_when_the_stream_is_closed()
    {
        string stream = await Open(_client);
        using WebSocket socket = await Connect(_server, stream);
        using HttpResponseMessage closed = await _client.DeleteAsync(stream, Cancellation);

        await Send(socket, Frame(0));
        JsonElement problem = await Read(socket);
        (_, WebSocketMessageType type) = await Receive(socket);

        Assert.Equal("urn:deq:problem:stream-not-found", problem.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal(WebSocketMessageType.Close, type);
    }

    [Fact]
    public async Task Closes_when_no_frame_comes()
    {
        var clock = new SteppedClock();
        using var server = new StreamServer(clock, null, ("Streams:IdleMs", "60000"));
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        using WebSocket socket = await Connect(server, stream);
        Assert.True(SpinWait.SpinUntil(() => clock.IsAwaited(TimeSpan.FromSeconds(60)), TimeSpan.FromSeconds(30)));

        clock.Advance(TimeSpan.FromSeconds(60));

        (_, WebSocketMessageType type) = await Receive(socket);
        Assert.Equal((WebSocketMessageType.Close, "No frame for 60 s."), (type, socket.CloseStatusDescription));
    }

    [Fact]
    public async Task Holds_no_memory_while_it_waits_for_a_frame()
    {
        var clock = new SteppedClock();
        using var server = new StreamServer(clock);
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        using WebSocket socket = await Connect(server, stream);
        Assert.True(SpinWait.SpinUntil(() => clock.IsAwaited(TimeSpan.FromSeconds(60)), TimeSpan.FromSeconds(30)));

        var bodies = (Api.Requests.HeldBodies)server.Services.GetService(typeof(Api.Requests.HeldBodies))!;

        Assert.Equal(0, bodies.Bytes);
    }

    [Fact]
    public async Task Closes_when_the_server_stops_and_does_not_hold_it_up()
    {
        using var models = new TemporaryFolder();
        TinyFlowBundle.Write(models["flow"]);
        (ServerProcess process, HttpClient client) = await ServerProcess.Start($"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess running = process;
        using HttpClient own = client;
        string stream = await Open(client);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{client.BaseAddress!.Authority}{stream}/ws"), Cancellation);
        await Send(socket, Frame(0));
        JsonElement first = await Read(socket);

        Task<int> stopped = process.Terminate();
        (_, WebSocketMessageType type) = await Receive(socket);
        int code = await stopped;

        Assert.Equal("first", first.GetProperty("coldReason").GetString());
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable, 0), (type, socket.CloseStatus, code));
    }

    [Fact]
    public async Task Is_refused_to_what_is_no_handshake_and_to_who_has_no_such_stream()
    {
        string stream = await Open(_client);

        await _client.GetAsync(stream + "/ws", Cancellation).Problem(ProblemKinds.MalformedRequest);
        await _client.GetAsync(stream + "/ws?dropStale=perhaps", Cancellation).Problem(ProblemKinds.InvalidParameter);
        await _client.GetAsync(stream + "/ws?drop=true", Cancellation).Problem(ProblemKinds.UnknownParameter);
        await _client.GetAsync(Root + "/none/ws", Cancellation).Problem(ProblemKinds.StreamNotFound);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Connect(_server, stream, key: "two"));
    }

    [Theory]
    [InlineData("?dropStale=true", 10)]
    [InlineData("", 4)]
    [InlineData("", 40)]
    public async Task Holds_no_memory_of_frames_once_it_is_gone(string query, int sent)
    {
        string stream = await Open(_client, ",\"maxEvaluations\":1000, \"tolerance\":0.000001");
        using (WebSocket socket = await Connect(_server, stream + "/ws" + query, isPath: true))
        {
            for (int i = 0; i < sent; i++)
            {
                await Send(socket, Frame(i));
            }

            await Read(socket);
            socket.Abort();
        }

        var bodies = (Api.Requests.HeldBodies)_server.Services.GetService(typeof(Api.Requests.HeldBodies))!;
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes == 0, TimeSpan.FromSeconds(30)), $"{bodies.Bytes} bytes are held.");
    }
}
