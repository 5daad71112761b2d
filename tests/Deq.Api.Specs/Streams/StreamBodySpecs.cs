using System.Net;
using System.Text;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Streams;

/// <summary>Any bytes sent to streams get a documented answer, and the stream continues.</summary>
public sealed class StreamBodySpecs : IDisposable
{
    private static readonly int[] s_statuses = [.. ProblemKinds.All.Select(kind => kind.Status).Where(status => status is >= 400 and < 500)];

    private readonly StreamServer _server = new(("Streams:PerCaller", "100000"), ("Streams:Most", "100"), ("Limits:BodyBytes", "100000"));
    private readonly HttpClient _client;

    public StreamBodySpecs() => _client = _server.Caller();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(1, "png")]
    [InlineData(2, "jpeg")]
    [InlineData(3, "webp")]
    public async Task Are_answered_or_refused_and_the_stream_goes_on(int seed, string format)
    {
        var random = new Random(seed);
        string stream = await Open(_client);
        byte[] grey = Pictures.Grey(48, 32, seed);
        byte[] image = format switch
        {
            "png" => Pictures.Png(grey, 48),
            "jpeg" => Pictures.Jpeg(grey, 48),
            _ => Pictures.LosslessWebp(grey, 48),
        };
        var seen = new HashSet<int>();
        for (int i = 0; i < 1200; i++)
        {
            using HttpResponseMessage response = await Send(_client, stream, null, Mutate(image, random));
            seen.Add((int)response.StatusCode);
            Assert.True(response.StatusCode == HttpStatusCode.OK || s_statuses.Contains((int)response.StatusCode), $"{response.StatusCode} to mutation {i}.");
        }

        Assert.Contains(422, seen);
        await Ask(_client, stream, null, Frame(1));
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/healthz/ready", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task In_the_objects_that_open_streams_are_answered_or_refused()
    {
        var random = new Random(4);
        byte[] good = Encoding.UTF8.GetBytes("""{"model":"tiny-flow","budget":"fast","output":"image/png","warm":true,"maxEvaluations":12,"tolerance":0.01,"solver":"picard"}""");
        var seen = new HashSet<int>();
        for (int i = 0; i < 2000; i++)
        {
            using HttpResponseMessage response = await _client.PostAsync(Root, Calls.Bytes(Mutate(good, random), "application/json"), Cancellation);
            seen.Add((int)response.StatusCode);
            Assert.True(response.StatusCode == HttpStatusCode.Created || s_statuses.Contains((int)response.StatusCode), $"{response.StatusCode} to mutation {i}.");
        }

        Assert.Contains(400, seen);
        Assert.Contains(201, seen);
    }

    [Theory]
    [InlineData("", "missing-body")]
    [InlineData("{", "malformed-request")]
    [InlineData("[]", "malformed-request")]
    [InlineData("null", "malformed-request")]
    [InlineData("""{"model":"tiny-flow","model":"tiny"}""", "conflicting-parameter")]
    [InlineData("""{"model":"\ud800"}""", "malformed-request")]
    [InlineData("""{"model":{"\ud800":1}}""", "malformed-request")]
    [InlineData("""{"model":"tiny-flow","\ud800":1}""", "malformed-request")]
    [InlineData("{}", "invalid-parameter")]
    [InlineData("""{"model":"tiny"}""", "wrong-task")]
    [InlineData("""{"model":"nonesuch"}""", "model-not-found")]
    [InlineData("""{"model":"tiny-flow","outputs":"x"}""", "unknown-parameter")]
    [InlineData("""{"model":"tiny-flow","top":3}""", "unknown-parameter")]
    [InlineData("""{"model":"tiny-flow","output":"image/gif"}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","warm":"perhaps"}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","warm":"false"}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","warm":0}""", "invalid-parameter")]
    [InlineData("""{"model":5}""", "invalid-parameter")]
    [InlineData("""{"model":["tiny-flow"]}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","output":true}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","maxEvaluations":0}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","tolerance":[1]}""", "invalid-parameter")]
    [InlineData("""{"model":"tiny-flow","budget":"lavish"}""", "invalid-parameter")]
    public async Task In_an_object_that_opens_no_stream_are_named(string body, string kind)
    {
        await _client.PostAsync(Root, Json(body), Cancellation).Problem(ProblemKinds.All.Single(each => each.Name == kind));
    }

    [Fact]
    public async Task With_a_query_that_no_path_of_streams_takes_are_refused()
    {
        string stream = await Open(_client);

        await _client.PostAsync(stream + "/frames?x=1", Calls.Bytes(Frame(0), "image/png"), Cancellation).Problem(ProblemKinds.UnknownParameter);
        await _client.PostAsync(Root + "?warm=false", Json("""{"model":"tiny-flow"}"""), Cancellation).Problem(ProblemKinds.UnknownParameter);
        await _client.GetAsync(stream + "?x=1", Cancellation).Problem(ProblemKinds.UnknownParameter);
        await _client.DeleteAsync(stream + "?x=1", Cancellation).Problem(ProblemKinds.UnknownParameter);
        await _client.GetAsync(stream + "/ws?x=1", Cancellation).Problem(ProblemKinds.UnknownParameter);
        Assert.Equal(0, (await _client.GetAsync(stream, Cancellation).Ok()).GetProperty("frames").GetInt64());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("one")]
    [InlineData("9007199254740992")]
    public async Task Of_an_index_that_is_none_are_refused(string index)
    {
        string stream = await Open(_client);
        using HttpRequestMessage request = new(HttpMethod.Post, stream + "/frames") { Content = Calls.Bytes(Frame(0), "image/png") };
        request.Headers.TryAddWithoutValidation("Frame-Index", index);

        await _client.SendAsync(request, Cancellation).Problem(ProblemKinds.InvalidParameter);
    }

    [Fact]
    public async Task Of_a_size_type_or_length_that_is_not_taken_are_refused()
    {
        string stream = await Open(_client);

        await Send(_client, stream, 0, Pictures.Png(Pictures.Grey(7, 40, 1), 7)).Problem(ProblemKinds.FrameSize);
        Assert.Equal(65_536, (await Send(_client, stream, 0, Pictures.Png(new byte[400 * 400], 400)).Problem(ProblemKinds.ImageTooLarge)).GetProperty("limit").GetInt32());
        await Send(_client, stream, 0, []).Problem(ProblemKinds.MissingBody);
        await Send(_client, stream, 0, new byte[100_001]).Problem(ProblemKinds.BodyTooLarge);
        await _client.PostAsync(stream + "/frames", Calls.Bytes(Frame(0), "video/mp4"), Cancellation).Problem(ProblemKinds.UnsupportedMediaType);
        await _client.PostAsync(Root, Calls.Bytes([1, 2], "text/plain"), Cancellation).Problem(ProblemKinds.UnsupportedMediaType);
        await _client.PostAsync(Root, Calls.Bytes(new byte[16_385], "application/json"), Cancellation).Problem(ProblemKinds.BodyTooLarge);
    }

    /// <summary>Flips, cuts, doubles, removes and inserts.</summary>
    private static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = new List<byte>(good);
        for (int change = random.Next(4); change >= 0; change--)
        {
            int place = random.Next(Math.Max(1, bytes.Count));
            switch (random.Next(5))
            {
                case 0 when bytes.Count > 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(place, Math.Min(random.Next(1, 20), bytes.Count - place));
                    break;
                case 2:
                    bytes.Insert(Math.Min(place, bytes.Count), (byte)random.Next(256));
                    break;
                case 3:
                    bytes.AddRange(bytes.GetRange(0, Math.Min(20, bytes.Count)));
                    break;
                case 4 when bytes.Count > 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }
}
