using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Access;

public sealed class ClientQuotasSpecs
{
    private const string Limited = "first-secret-of-many-bytes";
    private const string Other = "second-secret-of-many-bytes";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("EvaluationsPerSecond", "evaluationsPerSecond")]
    [InlineData("BytesPerSecond", "bytesPerSecond")]
    [InlineData("PixelsPerSecond", "pixelsPerSecond")]
    public async Task Refuses_a_key_that_has_used_up_a_rate_and_says_which_and_until_when(string setting, string named)
    {
        using var server = new Server(Keys((setting, "1")));
        using HttpClient limited = Client(server, Limited);
        using HttpClient other = Client(server, Other);

        await limited.Post("", Calls.Bytes(Pictures.Png([1, 2, 3, 4], 2), "image/png")).Ok();
        JsonElement problem = await limited.Post().Problem(ProblemKinds.QuotaSpent);
        await other.Post().Ok();
        await limited.GetAsync("/api/v1/models", Cancellation).Ok();

        Assert.Equal((named, 1), (problem.GetProperty("quota").GetString(), problem.GetProperty("limit").GetInt32()));
        Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), 1, 1_000_000);
    }

    [Fact]
    public async Task Refuses_a_key_s_request_beyond_those_it_may_have_under_way()
    {
        using var open = new ManualResetEventSlim();
        using var arrived = new ManualResetEventSlim();
        var model = new LinearModel(4)
        {
            Encoding = () =>
            {
                arrived.Set();
                open.Wait(TimeSpan.FromSeconds(30));
            },
        };
        using var server = new Server(model, Keys(("Requests", "1")).ToDictionary(pair => pair.Key, pair => pair.Value));
        using HttpClient limited = Client(server, Limited);
        using HttpClient other = Client(server, Other);
        Task<HttpResponseMessage> first = limited.Post();
        Assert.True(arrived.Wait(TimeSpan.FromSeconds(30), Cancellation));

        JsonElement problem = await limited.Post().Problem(ProblemKinds.TooManyRequests);
        Task<HttpResponseMessage> elsewhere = other.Post();
        open.Set();
        await Task.WhenAll(first.Ok(), elsewhere.Ok());
        await limited.Post().Ok();

        Assert.Equal(1, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Limits_tensors_of_free_size_as_it_limits_pictures()
    {
        using var server = new TensorServer(Keys(("PixelsPerSecond", "1")));
        using HttpClient limited = Client(server, Limited);
        string classify = $$"""{"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1))}}]}""";
        string frames = string.Join(',', Enumerable.Repeat("1", 16 * 24 * 3));
        string flow = $$"""{"inputs":[{"name":"frame1","datatype":"UINT8","shape":[1,16,24,3],"data":[{{frames}}]},{"name":"frame2","datatype":"UINT8","shape":[1,16,24,3],"data":[{{frames}}]}]}""";

        await limited.Infer("tiny", classify).Ok();
        await limited.Infer(TinyFlowBundle.Name, flow).Ok();
        JsonElement problem = await limited.Infer("tiny", classify).Problem(ProblemKinds.QuotaSpent);

        Assert.Contains("pixelsPerSecond", problem.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Holds_up_the_frames_of_a_socket_instead_of_refusing_them()
    {
        using var server = new StreamServer(Keys(("PixelsPerSecond", "2000")));
        using HttpClient limited = server.CreateClient();
        limited.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Limited);
        string stream = await StreamServer.Open(limited);
        using WebSocket socket = await server.Server.CreateWebSocketClient().ConnectAsync(new Uri($"ws://localhost{stream}/ws?access_token={Limited}"), Cancellation);
        for (int frame = 0; frame < 4; frame++)
        {
            await FrameSockets.Send(socket, StreamServer.Frame(frame));
        }

        JsonElement[] first = await FrameSockets.ReadMany(socket, 4);
        await StreamServer.Send(limited, stream, 4, StreamServer.Frame(4)).Problem(ProblemKinds.QuotaSpent);
        await FrameSockets.Send(socket, StreamServer.Frame(4));
        JsonElement last = await FrameSockets.Read(socket);

        Assert.Equal([0, 1, 2, 3, 4], first.Append(last).Select(answer => answer.GetProperty("index").GetInt64()));
    }

    private static (string Key, string Value)[] Keys(params (string Name, string Value)[] limits) =>
    [
        ("Access:Keys:limited:Sha256", AccessControlSpecs.Hash(Limited)),
        ("Access:Keys:other:Sha256", AccessControlSpecs.Hash(Other)),
        .. limits.Select(limit => ($"Access:Keys:limited:{limit.Name}", limit.Value)),
    ];

    private static HttpClient Client(WebApplicationFactory<Program> server, string key)
    {
        HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }
}
