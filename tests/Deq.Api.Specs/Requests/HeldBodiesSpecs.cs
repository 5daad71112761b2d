using System.Text;
using System.Threading.RateLimiting;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Requests;

public sealed class HeldBodiesSpecs : IDisposable
{
    private const int BodyBytes = 64 << 10;

    /// <summary>Moments of a request at which a client leaves.</summary>
    private const int Cuts = 30;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Server _server = new(("Limits:BodyBytes", $"{BodyBytes}"), ("Limits:HeldBytes", $"{8 * BodyBytes}"));
    private readonly HttpClient _client;

    public HeldBodiesSpecs()
    {
        _server.UseKestrel();
        _client = _server.CreateClient();
    }

    private HeldBodies Bodies => _server.Services.GetRequiredService<HeldBodies>();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Have_room_for_others_however_many_uploads_one_client_parks()
    {
        List<RawClient> parked = await Park(uploads: 20);

        await _client.Post().Ok();

        Assert.InRange(Bodies.Bytes, 4 * BodyBytes, 5 * BodyBytes);
        parked.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task Give_one_request_half_and_another_client_what_it_asks_for()
    {
        using HeldBodies.Share large = Bodies.Open("model", "a client");
        large.AddPicture(3 * BodyBytes);

        ProblemException never = Assert.Throws<ProblemException>(() => large.AddPicture(BodyBytes, later: 1));
        large.Add(BodyBytes);
        ProblemException refused = Assert.Throws<ProblemException>(() => large.Add(1));

        Assert.Equal((ProblemKinds.ImageTooLarge, ProblemKinds.Overloaded), (never.Kind, refused.Kind));
        Assert.Contains($"takes {(4 * BodyBytes) + 1} bytes; one request may hold {4 * BodyBytes}.", never.Message, StringComparison.Ordinal);
        await _client.Post().Ok();
    }

    [Fact]
    public async Task Are_copied_one_after_another_of_a_client_and_beside_those_of_others()
    {
        using HeldBodies.Share one = Bodies.Open("model", "a client"), two = Bodies.Open("model", "a client"), other = Bodies.Open("model", "another");
        RateLimitLease first = await one.TurnAsync(TestContext.Current.CancellationToken);

        Task<RateLimitLease> second = two.TurnAsync(TestContext.Current.CancellationToken).AsTask();
        (await other.TurnAsync(TestContext.Current.CancellationToken)).Dispose();
        bool waited = !second.IsCompleted;
        first.Dispose();

        Assert.True(waited);
        (await second.WaitAsync(s_patience, TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public async Task Refuse_what_passes_a_share_with_a_problem_and_read_on()
    {
        List<RawClient> parked = await Park(uploads: 8);

        using RawClient refused = await RawClient.Connect(_client.BaseAddress!, "127.0.0.66");
        for (int time = 0; time < 2; time++)
        {
            await refused.Send(RawClient.Head(Classify, BodyBytes));
            await refused.Send(new byte[BodyBytes]);
            string answer = "";
            while (!answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
            {
                string read = await refused.ReadSome().WaitAsync(s_patience, TestContext.Current.CancellationToken);
                Assert.NotEmpty(read);
                answer += read;
            }

            Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        }

        parked.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task Refuse_a_body_for_which_there_is_no_room_before_it_is_sent()
    {
        List<RawClient> announced = await Announce(uploads: 4);

        using RawClient refused = await RawClient.Connect(_client.BaseAddress!, "127.0.0.66");
        await refused.Send(RawClient.Head(Classify, BodyBytes));

        Assert.StartsWith("HTTP/1.1 503", await refused.ReadSome().WaitAsync(s_patience, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await _client.Post().Ok();
        announced.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hold_nothing_once_every_client_has_left(bool resets)
    {
        byte[] numbers = new byte[16];
        byte[] image = Pictures.Png(Pictures.Grey(8, 8, 1), 8);
        byte[] json = """{"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,2,2],"data":[1,4,2,3]}]}"""u8.ToArray();
        byte[] form = "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\nabc"u8.ToArray();
        byte[][] requests =
        [
            [.. RawClient.Head(Classify + "?maxEvaluations=200&tolerance=1e-6", 16, "application/octet-stream\r\nX-Tensor-Shape: 1,2,2"), .. numbers],
            [.. RawClient.Head(Classify, 16, "application/octet-stream\r\nX-Tensor-Shape: 1,2,2\r\nAccept: text/event-stream"), .. numbers],
            [.. RawClient.Head(Classify, image.Length), .. image],
            [.. RawClient.Head(Classify, 1000, "multipart/form-data; boundary=b"), .. form],
            [.. RawClient.Head($"/v2/models/{Server.Model}/infer", json.Length, "application/json"), .. json],
        ];

        await LeaveAll(_server.Services, _client.BaseAddress!, requests, resets);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes of {Bodies.Clients} clients");
        await _client.Post().Ok();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hold_nothing_of_frames_and_streams_once_every_client_has_left(bool resets)
    {
        using var server = new FlowServer(null, ("urls", "http://127.0.0.1:0"), ("Streams:PerCaller", "1000"));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        string stream = await StreamServer.Open(client), watched = await StreamServer.Open(client);
        byte[] one = StreamServer.Frame(0), next = StreamServer.Frame(1);
        byte[] pair = [.. Part("frame1", one), .. Part("frame2", next), .. "--b--\r\n"u8];
        byte[] opening = Encoding.UTF8.GetBytes($$"""{"model":"{{TinyFlowBundle.Name}}"}""");
        byte[] upgrade = Encoding.ASCII.GetBytes(
            $"GET {watched}/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        byte[][] requests =
        [
            [.. RawClient.Head(FlowServer.Flow, pair.Length, "multipart/form-data; boundary=b"), .. pair],
            [.. RawClient.Head(StreamServer.Root, opening.Length, "application/json"), .. opening],
            [.. RawClient.Head(stream + "/frames", one.Length), .. one, .. RawClient.Head(stream + "/frames", next.Length), .. next],
            [.. upgrade, .. Message(one), .. Message(next)],
        ];

        await LeaveAll(server.Services, client.BaseAddress!, requests, resets);

        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{bodies.Bytes} bytes of {bodies.Clients} clients");
        await FlowServer.Post(client, FlowServer.Form(one, next)).Ok();
    }

    [Fact]
    public async Task Refuse_a_client_beyond_its_share_with_the_bound()
    {
        using var other = new HttpClient { BaseAddress = _client.BaseAddress };
        List<RawClient> all = [];
        byte[] almost = new byte[BodyBytes - 1];
        for (int i = 0; i < 4; i++)
        {
            RawClient one = await RawClient.Connect(_client.BaseAddress!);
            await one.Send(RawClient.Head(Classify, BodyBytes));
            await one.Send(almost);
            all.Add(one);
        }

        Assert.True(SpinWait.SpinUntil(() => Bodies.Bytes >= 4 * BodyBytes, s_patience), $"{Bodies.Bytes}");

        System.Text.Json.JsonElement problem = await other.PostAsync(
            Classify, Bytes(new byte[BodyBytes], "image/png"), TestContext.Current.CancellationToken).Problem(ProblemKinds.Overloaded);

        Assert.Equal(8 * BodyBytes, problem.GetProperty("limit").GetInt32());
        all.ForEach(one => one.Dispose());
    }

    /// <summary>Sends the beginnings of requests, and all of them, each on a connection that is left at once.</summary>
    /// <summary>Leaves every request at many moments, until the server has noticed them all.</summary>
    private static async Task LeaveAll(IServiceProvider services, Uri server, byte[][] requests, bool resets)
    {
        OpenConnections open = services.GetRequiredService<OpenConnections>();
        int before = open.Count;
        foreach (byte[] request in requests)
        {
            foreach (int cut in Enumerable.Range(1, Cuts).Select(place => request.Length * place / Cuts))
            {
                using RawClient client = await RawClient.Connect(server, "127.0.0.67");
                await client.Send(request.AsMemory(0, cut));
                if (resets)
                {
                    client.Reset();
                }
            }
        }

        // Connections are taken up in their order.
        using (RawClient last = await RawClient.Connect(server))
        {
            await last.Send("GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await last.ReadSome();
        }

        Assert.True(SpinWait.SpinUntil(() => open.Count <= before, s_patience), $"{open.Count} connections, {before} before");
    }

    private static byte[] Part(string name, byte[] image) =>
        [.. Encoding.ASCII.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\n\r\n"), .. image, .. "\r\n"u8];

    /// <summary>A binary message of a socket, masked by zeros.</summary>
    private static byte[] Message(byte[] content) => [0x82, 0xFE, (byte)(content.Length >> 8), (byte)content.Length, 0, 0, 0, 0, .. content];

    /// <summary>Uploads of one client, each a byte short.</summary>
    private async Task<List<RawClient>> Park(int uploads)
    {
        List<RawClient> parked = await Announce(uploads);
        byte[] almost = new byte[BodyBytes - 1];
        foreach (RawClient one in parked)
        {
            await one.Send(almost);
        }

        return parked;
    }

    /// <summary>Uploads of one client of which the head alone has come, once they have the whole share of one client: half of the bound.</summary>
    private async Task<List<RawClient>> Announce(int uploads)
    {
        List<RawClient> announced = [];
        for (int i = 0; i < uploads; i++)
        {
            announced.Add(await RawClient.Connect(_client.BaseAddress!, "127.0.0.66"));
            await announced[^1].Send(RawClient.Head(Classify, BodyBytes));
        }

        Assert.True(SpinWait.SpinUntil(() => Bodies.Bytes >= 4 * BodyBytes, s_patience), $"{Bodies.Bytes}");
        return announced;
    }
}
