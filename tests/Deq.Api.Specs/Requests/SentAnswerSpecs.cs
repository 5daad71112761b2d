using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class SentAnswerSpecs
{
    private const int Width = 200;
    private const int Height = 100;
    private const int Bound = 155_000;

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
        using var sent = new RecordedStream();
        using ServiceProvider services = new ServiceCollection().AddSingleton(new OpenConnections(TimeProvider.System)).BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services, Response = { Body = sent } };

        await http.SendAsync(body);

        Assert.Equal(body, sent.ToArray());
        Assert.Equal(pieces, sent.Writes.Count);
        Assert.All(sent.Writes, bytes => Assert.InRange(bytes, 0, SentAnswer.PieceBytes));
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
        const int side = 160, bound = 150_000;
        var random = new Random(1);
        float[] noise = [.. Enumerable.Range(0, side * side).Select(_ => random.NextSingle())];
        using var server = new FlowServer(null, ("Limits:BodyBytes", $"{bound}"), ("Limits:HeldBytes", $"{bound}")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using var picture = new ByteArrayContent(new PicturePlanes(side, side, [noise]).Png());
        using var form = new MultipartFormDataContent { { picture, "image", "noise.png" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/restore/restore?maxEvaluations=1&sigma=2&factor=3") { Content = form };
        request.Headers.Accept.ParseAdd("text/event-stream");

        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        string[] last = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1].Split('\n', 2);

        Assert.Equal("event: problem", last[0]);
        Assert.Equal(bound, JsonDocument.Parse(last[1]["data: ".Length..]).RootElement.GetProperty("limit").GetInt32());
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

    private static byte[] Frame(int index) => StreamServer.Frame(index, Width, Height);

    /// <summary>Keeps what is written, and how many bytes at one time.</summary>
    private sealed class RecordedStream : MemoryStream
    {
        public List<int> Writes { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes.Add(buffer.Length);
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
