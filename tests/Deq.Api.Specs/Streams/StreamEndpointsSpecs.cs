using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Streams;

public sealed class StreamEndpointsSpecs : IDisposable
{
    private readonly StreamServer _server = new();
    private readonly HttpClient _client;

    public StreamEndpointsSpecs() => _client = _server.Caller();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Is_opened_described_and_closed()
    {
        string path = await Open(_client, """,  "budget":"fast","output":"image/png" """);
        string other = await Open(_client);

        JsonElement stream = await _client.GetAsync(path, Cancellation).Ok();
        using HttpResponseMessage closed = await _client.DeleteAsync(path, Cancellation);
        await _client.GetAsync(path, Cancellation).Problem(ProblemKinds.StreamNotFound);
        await Send(_client, path, 0, Frame(0)).Problem(ProblemKinds.StreamNotFound);

        Assert.Matches("^/api/v1/streams/[A-Za-z0-9_-]{32}$", path);
        Assert.NotEqual(path, other);
        Assert.Equal("tiny-flow", stream.GetProperty("model").GetString());
        Assert.Equal("fast", stream.GetProperty("profile").GetString());
        Assert.Equal(20, stream.GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal("image/png", stream.GetProperty("output").GetString());
        Assert.Equal(JsonValueKind.Null, stream.GetProperty("lastIndex").ValueKind);
        Assert.Equal(HttpStatusCode.NoContent, closed.StatusCode);
    }

    [Fact]
    public async Task Answers_the_first_frame_with_no_flow_and_every_next_one_with_the_flow_from_the_one_before()
    {
        string stream = await Open(_client);

        JsonElement first = await Ask(_client, stream, 0, Frame(0));
        JsonElement second = await Ask(_client, stream, 1, Frame(1));
        JsonElement third = await Ask(_client, stream, null, Frame(2));
        JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();

        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (first.GetProperty("flow").ValueKind, first.GetProperty("solve").ValueKind));
        AssertCold(first, "first", null);
        AssertCold(second, "first", "cold");
        Assert.True(second.GetProperty("flow").GetProperty("meanMagnitude").GetDouble() > 0);
        Assert.Equal(2, third.GetProperty("index").GetInt32());
        Assert.True(third.GetProperty("warm").GetBoolean());
        Assert.True(third.Solve().GetProperty("warm").GetBoolean());
        Assert.Equal("warped", third.GetProperty("start").GetString());
        Assert.Equal(third.Solve().GetProperty("evaluations").GetInt32(), third.GetProperty("residuals").GetArrayLength());
        Assert.Equal((3, 1), (described.GetProperty("frames").GetInt32(), described.GetProperty("warmFrames").GetInt32()));
        Assert.True(described.GetProperty("keptBytes").GetInt64() > 4 * 48 * 32);
    }

    [Fact]
    public async Task Answers_warm_as_cold_within_what_the_tolerance_implies_and_with_fewer_evaluations_where_nothing_moves()
    {
        string members = """, "tolerance":0.0001, "maxEvaluations":200, "output":"application/octet-stream" """;
        string warm = await Open(_client, members);
        string cold = await Open(_client, members + ",\"warm\":false");
        for (int i = 0; i < 3; i++)
        {
            foreach (string stream in new[] { warm, cold })
            {
                using HttpResponseMessage _ = await Send(_client, stream, i, Frame(0));
            }
        }

        (FlowField warmFlow, int warmEvaluations) = await Flow(warm, 3, Frame(0));
        (FlowField coldFlow, int coldEvaluations) = await Flow(cold, 3, Frame(0));

        Assert.All(warmFlow.U.Zip(coldFlow.U), pair => Assert.Equal(pair.First, pair.Second, 0.01f));
        Assert.True(warmEvaluations < coldEvaluations, $"{warmEvaluations} evaluations warm and {coldEvaluations} cold.");

        async Task<(FlowField, int)> Flow(string stream, int index, byte[] frame)
        {
            using HttpResponseMessage response = await Send(_client, stream, index, frame);
            byte[] body = await response.Content.ReadAsByteArrayAsync(Cancellation);
            Assert.Equal(stream == warm ? "true" : "false", Assert.Single(response.Headers.GetValues("Deq-Warm")));
            return (RawFlow.Read(body, 48, 32, new ImageLimits()), int.Parse(Assert.Single(response.Headers.GetValues("Deq-Evaluations"))));
        }
    }

    [Fact]
    public async Task Gives_the_stored_answer_to_the_same_frame_again_and_solves_nothing()
    {
        string stream = await Open(_client);
        await Ask(_client, stream, 0, Frame(0));
        using HttpResponseMessage answer = await Send(_client, stream, 1, Frame(1));

        using HttpResponseMessage again = await Send(_client, stream, 1, Frame(1));
        JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();

        Assert.Equal(await answer.Content.ReadAsByteArrayAsync(Cancellation), await again.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(2, described.GetProperty("frames").GetInt32());
    }

    [Fact]
    public async Task Refuses_another_frame_of_the_same_index_and_one_that_comes_too_late()
    {
        string stream = await Open(_client);
        await Ask(_client, stream, 4, Frame(0));
        await Ask(_client, stream, 5, Frame(1));

        JsonElement other = await Send(_client, stream, 5, Frame(2)).Problem(ProblemKinds.FrameConflict);
        JsonElement late = await Send(_client, stream, 4, Frame(0)).Problem(ProblemKinds.FrameConflict);
        JsonElement next = await Ask(_client, stream, 6, Frame(2));

        Assert.Equal("Frame 5 was another image.", other.Detail());
        Assert.Contains("frame 4 comes too late", late.Detail());
        Assert.Equal(5, late.GetProperty("last").GetInt64());
        Assert.True(next.GetProperty("warm").GetBoolean());
    }

    [Fact]
    public async Task Takes_no_frame_after_the_largest_index_and_stays_open()
    {
        const long Most = (1L << 53) - 1;
        string stream = await Open(_client);
        await Ask(_client, stream, Most, Frame(0));
        using WebSocket socket = await FrameSockets.Connect(_server, stream);

        JsonElement problem = await Send(_client, stream, null, Frame(1)).Problem(ProblemKinds.FrameConflict);
        await FrameSockets.Send(socket, Frame(1));
        JsonElement refused = await FrameSockets.Read(socket);
        await FrameSockets.Text(socket, $$"""{"index":{{Most}}}""");
        await FrameSockets.Send(socket, Frame(0));
        JsonElement again = await FrameSockets.Read(socket);

        Assert.Contains($"indices end at {Most}", problem.Detail());
        Assert.Equal(Most, problem.GetProperty("last").GetInt64());
        Assert.Equal("urn:deq:problem:frame-conflict", refused.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal(Most, again.GetProperty("index").GetInt64());
    }

    [Fact]
    public async Task Says_why_it_starts_cold()
    {
        string stream = await Open(_client);
        foreach (int i in new[] { 0, 1, 2 })
        {
            await Ask(_client, stream, i, Frame(i));
        }

        JsonElement gap = await Ask(_client, stream, 5, Frame(3));
        JsonElement after = await Ask(_client, stream, 6, Frame(4));
        JsonElement jump = await Ask(_client, stream, 7, Frame(50));
        JsonElement size = await Ask(_client, stream, 8, Frame(21, 64, 48));
        JsonElement sized = await Ask(_client, stream, 9, Frame(22, 64, 48));
        JsonElement cut = await Ask(_client, stream, 10, Frame(23, 64, 48, scene: 1));
        JsonElement asked = await AskCold();

        AssertCold(gap, "gap", "cold");
        Assert.True(after.GetProperty("warm").GetBoolean());
        Assert.Equal(2, jump.GetProperty("tried").GetArrayLength());
        AssertCold(size, "size", null);
        Assert.Equal(JsonValueKind.Null, size.GetProperty("flow").ValueKind);
        AssertCold(sized, "size", "cold");
        AssertCold(cut, "cut", "cold");
        AssertCold(asked, "asked", "cold");
        Assert.Empty(cut.GetProperty("tried").EnumerateArray());

        async Task<JsonElement> AskCold()
        {
            string cold = await Open(_client, ",\"warm\":false");
            await Ask(_client, cold, 0, Frame(0));
            await Ask(_client, cold, 1, Frame(1));
            return await Ask(_client, cold, 2, Frame(2));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0.000001")]
    public async Task Takes_the_start_of_the_smaller_residual_and_counts_what_trying_both_took(string? tolerance)
    {
        string stream = await Open(_client, tolerance is null ? "" : $",\"tolerance\":{tolerance}");
        for (int i = 0; i < 2; i++)
        {
            await Ask(_client, stream, i, Frame(i));
        }

        JsonElement answer = await Ask(_client, stream, 2, Frame(2));

        double[] tried = [.. answer.GetProperty("tried").EnumerateArray().Select(residual => residual.GetDouble())];
        double[] residuals = [.. answer.GetProperty("residuals").EnumerateArray().Select(residual => residual.GetDouble())];
        Assert.Equal(2, tried.Length);
        Assert.Equal(tried, residuals.Take(2));
        Assert.Equal(answer.Solve().GetProperty("evaluations").GetInt32(), residuals.Length);
        Assert.Equal(tried[0] < tried[1] ? "warped" : "cold", answer.GetProperty("start").GetString());
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/x-kitti-flow")]
    [InlineData("application/x-middlebury-flo")]
    [InlineData("application/octet-stream")]
    public async Task Answers_in_the_form_that_was_agreed(string output)
    {
        string stream = await Open(_client, $",\"output\":\"{output}\"");
        JsonElement first = await Ask(_client, stream, 0, Frame(0, 40, 24));

        using HttpResponseMessage response = await Send(_client, stream, 1, Frame(1, 40, 24));
        byte[] body = await response.Content.ReadAsByteArrayAsync(Cancellation);

        var limits = new ImageLimits();
        (int width, int height) = output switch
        {
            "image/png" => ImageDecoder.Decode(body, limits) is var image ? (image.Width, image.Height) : default,
            "image/x-kitti-flow" => KittiFlow.Read(body, limits) is var flow ? (flow.Width, flow.Height) : default,
            "application/x-middlebury-flo" => MiddleburyFlow.Read(body, limits) is var flow ? (flow.Width, flow.Height) : default,
            _ => RawFlow.Read(body, 40, 24, limits) is var flow ? (flow.Width, flow.Height) : default,
        };
        Assert.Equal((40, 24), (width, height));
        Assert.Equal(output, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("first", first.GetProperty("coldReason").GetString());
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("Deq-Frame-Index")));
        Assert.Equal("cold", Assert.Single(response.Headers.GetValues("Deq-Start")));
        Assert.Equal("first", Assert.Single(response.Headers.GetValues("Deq-Cold-Reason")));
        Assert.Equal(
            Assert.Single(response.Headers.GetValues("Deq-Evaluations")), $"{Assert.Single(response.Headers.GetValues("Deq-Residuals")).Split(',').Length}");
    }

    [Fact]
    public async Task Keeps_its_place_when_a_frame_cannot_be_read()
    {
        string stream = await Open(_client);
        foreach (int i in new[] { 0, 1, 2 })
        {
            await Ask(_client, stream, i, Frame(i));
        }

        byte[] damaged = Frame(3);
        await Send(_client, stream, 3, damaged[..^20]).Problem(ProblemKinds.UnreadableImage);
        JsonElement next = await Ask(_client, stream, 3, damaged);

        Assert.True(next.GetProperty("warm").GetBoolean());
    }

    private static void AssertCold(JsonElement answer, string reason, string? start)
    {
        Assert.False(answer.GetProperty("warm").GetBoolean());
        Assert.Equal(reason, answer.GetProperty("coldReason").GetString());
        Assert.Equal(start, answer.GetProperty("start").GetString());
    }
}
