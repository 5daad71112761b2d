using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class SentAnswerSpecs
{
    private const int Width = 200;
    private const int Height = 100;
    private const int Bound = 155_000;

    /// <summary>Of frames whose raw flows no socket's buffers take together.</summary>
    private const int LargeWidth = 320;
    private const int LargeHeight = 240;
    private const int LargeFrames = 64;
    private const string RawFlows = ",\"output\":\"application/octet-stream\",\"maxEvaluations\":1";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>Bytes for what comes, and too few for a raw flow of 160 000.</summary>
    private static readonly (string, string)[] s_bounds = [("Limits:BodyBytes", $"{Bound}"), ("Limits:HeldBytes", $"{Bound}")];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 1)]
    [InlineData(SentAnswer.PieceBytes, 1)]
    [InlineData(SentAnswer.PieceBytes + 1, 2)]
    [InlineData(300_001, 5)]
    public async Task Leaves_whole_in_pieces(int size, int pieces)
    {
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);
        using var sent = new RecordedStream(() => 0);
        using ServiceProvider services = new ServiceCollection().AddSingleton(new OpenConnections(TimeProvider.System)).BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services, Response = { Body = sent } };

        await http.SendAsync(body);

        Assert.Equal(body, sent.ToArray());
        Assert.Equal(pieces, sent.Writes.Count);
        Assert.All(sent.Writes, write => Assert.InRange(write.Bytes, 0, SentAnswer.PieceBytes));
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(10_000_000, SentAnswer.CopiedBytes)]
    public async Task That_is_kept_for_all_clients_counts_what_its_connection_copies_while_it_is_sent(long size, long counted)
    {
        using var server = new Server();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        var http = new DefaultHttpContext { RequestServices = server.Services };
        long held = 0;

        await http.SendKeptAsync(size, () =>
        {
            held = bodies.Bytes;
            return Task.CompletedTask;
        });

        Assert.Equal((counted, 0L), (held, bodies.Bytes));
    }

    [Fact]
    public async Task Of_a_task_is_refused_where_the_clients_share_has_no_room()
    {
        using var server = new FlowServer(null, s_bounds);
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage small = await FlowServer.Post(client, FlowServer.Noise(Width, Height));
        JsonElement problem = await FlowServer.Post(client, FlowServer.Noise(Width, Height), "application/octet-stream").Problem(ProblemKinds.Overloaded);

        Assert.Equal(System.Net.HttpStatusCode.OK, small.StatusCode);
        Assert.Equal(Bound, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Of_events_is_refused_where_the_clients_share_has_no_room()
    {
        using var server = new FlowServer(null, s_bounds);
        using HeldBodies.Share share = server.Services.GetRequiredService<HeldBodies>().Open("model", "a client");
        var sent = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = server.Services, Response = { Body = sent } };

        await EventStream.WriteAsync(http, [0], share, (_, _) => Task.FromResult<object>(new { Text = new string('x', Bound) }));

        string[] last = Encoding.UTF8.GetString(sent.ToArray()).TrimEnd('\n').Split('\n');
        Assert.Equal("event: problem", last[0]);
        Assert.Equal(Bound, JsonDocument.Parse(last[1]["data: ".Length..]).RootElement.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Of_events_leaves_in_pieces_and_is_counted_until_the_last()
    {
        using var server = new FlowServer();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        using HeldBodies.Share share = bodies.Open("model", "a client");
        using var sent = new RecordedStream(() => bodies.Bytes);
        var http = new DefaultHttpContext { RequestServices = server.Services, Response = { Body = sent } };

        await EventStream.WriteAsync(http, [0], share, (_, _) => Task.FromResult<object>(new { Text = new string('x', 5 * SentAnswer.PieceBytes) }));

        Assert.InRange(sent.Writes.Max(write => write.Bytes), 1, SentAnswer.PieceBytes);
        Assert.All(sent.Writes, write => Assert.InRange(write.Held, 5 * SentAnswer.PieceBytes, long.MaxValue));
        string text = Encoding.UTF8.GetString(sent.ToArray());
        Assert.StartsWith("event: result\ndata: {\"text\":\"xxx", text, StringComparison.Ordinal);
        Assert.EndsWith("xxx\"}\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Larger_than_what_came_is_counted_before_it_is_solved()
    {
        const int side = 40, bound = 60_000;
        using var server = new FlowServer(null, ("Limits:BodyBytes", $"{bound}"), ("Limits:HeldBytes", $"{bound}")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        byte[] png = new PicturePlanes(side, side, [new float[side * side]]).Png();

        (await Restore("")).EnsureSuccessStatusCode();
        JsonElement problem = await Restore("&factor=3").Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(bound, problem.GetProperty("limit").GetInt32());

        Task<HttpResponseMessage> Restore(string query) => client.PostAsync(
            $"/api/v1/models/restore/restore?maxEvaluations=1&sigma=2{query}",
            new MultipartFormDataContent { { new ByteArrayContent(png), "image", "grey.png" } },
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Of_tensors_is_refused_where_the_clients_share_has_no_room()
    {
        using var server = new TensorServer(s_bounds);
        using HttpClient client = server.CreateClient();
        string json = $$$"""
            {"parameters":{"binary_data_output":true},
             "inputs":[{"name":"frame1","datatype":"UINT8","shape":[1,{{{Height}}},{{{Width}}},3],"parameters":{"binary_data_size":{{{3 * Width * Height}}}}},
                       {"name":"frame2","datatype":"UINT8","shape":[1,{{{Height}}},{{{Width}}},3],"parameters":{"binary_data_size":{{{3 * Width * Height}}}}}]}
            """;

        JsonElement problem = await client.Infer(TinyFlowBundle.Name, json, new byte[6 * Width * Height]).Problem(ProblemKinds.Overloaded);

        Assert.Equal(Bound, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Of_a_frame_is_refused_where_the_clients_share_has_no_room()
    {
        using var server = new StreamServer(s_bounds);
        using HttpClient client = server.Caller();
        string stream = await StreamServer.Open(client, ",\"output\":\"application/octet-stream\"");
        await StreamServer.Ask(client, stream, 0, Frame(0));

        JsonElement problem = await StreamServer.Send(client, stream, 1, Frame(1)).Problem(ProblemKinds.Overloaded);

        Assert.Equal(Bound, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Over_a_socket_is_refused_where_the_clients_share_has_no_room()
    {
        using var server = new StreamServer(s_bounds);
        using HttpClient client = server.Caller();
        string stream = await StreamServer.Open(client, ",\"output\":\"application/octet-stream\"");
        using WebSocket socket = await FrameSockets.Connect(server, stream);
        await FrameSockets.Send(socket, Frame(0));
        await FrameSockets.Read(socket);

        await FrameSockets.Send(socket, Frame(1));
        JsonElement problem = await FrameSockets.Read(socket);

        Assert.Equal(1, problem.GetProperty("index").GetInt32());
        Assert.Equal(Bound, problem.GetProperty("problem").GetProperty("limit").GetInt32());
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact]
    public async Task That_nobody_reads_is_given_back_once_its_connection_is_cut()
    {
        var clock = new SteppedClock();
        using StreamServer server = LargeServer(clock);
        using HttpClient client = server.Caller();
        string stream = await StreamServer.Open(client, RawFlows);
        byte[] frame = LargeFrame();
        using RawClient deaf = await RawClient.Connect(client.BaseAddress!);
        for (int i = 0; i < LargeFrames; i++)
        {
            await deaf.Send(RawClient.Head(stream + "/frames", frame.Length, "image/png\r\nX-Api-Key: one"));
            await deaf.Send(frame);
        }

        CutWhileItIsSent(server.Services, clock);

        AssertGivenBack(server.Services);
    }

    [Fact]
    public async Task Over_a_socket_that_nobody_reads_is_given_back_once_its_connection_is_cut()
    {
        var clock = new SteppedClock();
        using StreamServer server = LargeServer(clock);
        using HttpClient client = server.Caller();
        string stream = await StreamServer.Open(client, RawFlows);
        byte[] frame = LargeFrame();
        using var deaf = new ClientWebSocket();
        deaf.Options.SetRequestHeader("X-Api-Key", "one");
        await deaf.ConnectAsync(new Uri($"ws://{client.BaseAddress!.Authority}{stream}/ws"), TestContext.Current.CancellationToken);
        for (int i = 0; i < LargeFrames; i++)
        {
            await FrameSockets.Send(deaf, frame);
        }

        CutWhileItIsSent(server.Services, clock);

        AssertGivenBack(server.Services);
    }

    private static StreamServer LargeServer(SteppedClock clock)
    {
        var server = new StreamServer(clock, new TinyFlowOptions { MostPixels = 1 << 20 }, ("urls", "http://127.0.0.1:0"));
        server.UseKestrel();
        return server;
    }

    private static byte[] LargeFrame() => Pictures.Png(Pictures.Plain(LargeWidth, LargeHeight, 90), LargeWidth);

    /// <summary>
    /// Waits until an answer is being sent, then cuts connections as at the server's end: once nothing has been sent for as long as that waits, by the clock. The web
    /// server's own bound, its least rate, has a clock that cannot be replaced.
    /// </summary>
    private static void CutWhileItIsSent(IServiceProvider services, SteppedClock clock)
    {
        HeldBodies bodies = services.GetRequiredService<HeldBodies>();
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes >= 2 * sizeof(float) * LargeWidth * LargeHeight, s_patience), $"No answer is being sent: {bodies.Bytes} bytes are held.");
        Task closing = services.GetRequiredService<OpenConnections>().CloseAsync(() => false);
        for (int step = 0; step < 10_000 && !closing.IsCompleted; step++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            SpinWait.SpinUntil(() => closing.IsCompleted, TimeSpan.FromMilliseconds(10));
        }

        Assert.True(closing.IsCompletedSuccessfully, "The connections were not cut although nobody reads.");
    }

    private static void AssertGivenBack(IServiceProvider services)
    {
        HeldBodies bodies = services.GetRequiredService<HeldBodies>();
        OpenConnections open = services.GetRequiredService<OpenConnections>();
        Assert.True(
            SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 } && open is { Count: 0, Requests: 0 }, s_patience),
            $"{bodies.Bytes} bytes of {bodies.Clients} clients are held, and {open.Count} connections with {open.Requests} requests are open.");
    }

    private static byte[] Frame(int index) => StreamServer.Frame(index, Width, Height);

    /// <summary>Keeps what is written, and of each write how much it is and what is held at that moment.</summary>
    private sealed class RecordedStream(Func<long> held) : MemoryStream
    {
        public List<(int Bytes, long Held)> Writes { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes.Add((buffer.Length, held()));
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
