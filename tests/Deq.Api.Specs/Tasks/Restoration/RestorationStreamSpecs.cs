using System.Net;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Restoration;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Tasks.Restoration;

/// <summary>Streams of one scene under noise that is new in every frame.</summary>
public sealed class RestorationStreamSpecs(ServedRestorationSpecs.Shared shared) : IClassFixture<ServedRestorationSpecs.Shared>
{
    private const int Side = 48;
    private const double Sigma = 20;

    private readonly HttpClient _client = shared.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_each_frame_where_the_last_one_ended_for_fewer_evaluations_and_the_same_answer()
    {
        string warm = await Open(""" "sigma":20,"tolerance":0.0001 """);
        string cold = await Open(""" "sigma":20,"tolerance":0.0001,"warm":false """);
        string warmPicture = await Open(""" "sigma":20,"tolerance":0.0001,"output":"image/png" """);
        string coldPicture = await Open(""" "sigma":20,"tolerance":0.0001,"warm":false,"output":"image/png" """);
        int[] evaluations = [0, 0];

        for (int frame = 0; frame < 4; frame++)
        {
            JsonElement one = await Ask(_client, warm, frame, Frame(frame));
            JsonElement other = await Ask(_client, cold, frame, Frame(frame));
            Assert.Equal(frame > 0, one.GetProperty("warm").GetBoolean());
            Assert.Equal(frame > 0 ? "last" : "cold", one.GetProperty("start").GetString());
            Assert.Equal(frame > 0 ? null : "first", one.GetProperty("coldReason").GetString());
            Assert.Equal(frame > 0, one.GetProperty("solves")[0].GetProperty("warm").GetBoolean());
            Assert.Equal("asked", other.GetProperty("coldReason").GetString());
            evaluations[0] += frame > 0 ? Evaluations(one) : 0;
            evaluations[1] += frame > 0 ? Evaluations(other) : 0;
            Assert.All((await Pixels(warmPicture, frame)).Zip(await Pixels(coldPicture, frame)), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1));
        }

        Assert.True(evaluations[0] < evaluations[1], $"{evaluations[0]} evaluations warm and {evaluations[1]} cold.");

        static int Evaluations(JsonElement frame) => frame.GetProperty("restoration").GetProperty("evaluations").GetInt32();
    }

    [Fact]
    public async Task Begin_anew_after_a_cut_and_with_another_size_and_where_it_moves()
    {
        string stream = await Open(""" "sigma":20 """);

        await Ask(_client, stream, 0, Frame(0));
        JsonElement moved = await Ask(_client, stream, 1, Frame(1, scene: (x, y) => x > 30 ? 0.9f : Scene(x, y)));
        JsonElement cut = await Ask(_client, stream, 2, Frame(2, scene: (x, y) => 1 - Scene(x, y)));
        JsonElement other = await Ask(_client, stream, 3, Frame(3, side: 32));
        JsonElement colours = await Ask(_client, stream, 5, new PicturePlanes(32, 32, [.. Enumerable.Repeat(Plane(5, 32, Scene), 3)]).Png());

        Assert.InRange(moved.GetProperty("continued").GetDouble(), 0.3, 0.8);
        Assert.Equal(("cut", 0.0), (cut.GetProperty("coldReason").GetString(), cut.GetProperty("continued").GetDouble()));
        Assert.Equal("size", other.GetProperty("coldReason").GetString());
        Assert.Equal("size", colours.GetProperty("coldReason").GetString());
        Assert.Equal(3, colours.GetProperty("solves").GetArrayLength());
    }

    [Fact]
    public async Task Begin_anew_with_another_size_of_as_many_pixels()
    {
        string stream = await Open(""" "sigma":20 """);
        float[] grey = [.. Enumerable.Repeat(0.5f, 32 * 48)];

        await Ask(_client, stream, 0, new PicturePlanes(32, 48, [grey]).Png());
        JsonElement turned = await Ask(_client, stream, 1, new PicturePlanes(48, 32, [grey]).Png());

        Assert.Equal(("size", 0.0), (turned.GetProperty("coldReason").GetString(), turned.GetProperty("continued").GetDouble()));
    }

    [Fact]
    public async Task Answer_with_the_picture_and_say_in_headers_how_it_was_found()
    {
        string stream = await Open(""" "factor":2,"sigma":"auto","output":"image/png" """);

        using HttpResponseMessage first = await Send(_client, stream, 0, Frame(0));
        using HttpResponseMessage second = await Send(_client, stream, 1, Frame(0, step: 1));
        JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();

        Assert.Equal((HttpStatusCode.OK, "image/png"), (first.StatusCode, first.Content.Headers.ContentType?.MediaType));
        DecodedImage picture = ImageDecoder.Decode(await first.Content.ReadAsByteArrayAsync(Cancellation), new ImageLimits());
        Assert.Equal((2 * Side, 2 * Side), (picture.Width, picture.Height));
        Assert.Equal("first", Assert.Single(first.Headers.GetValues("Deq-Cold-Reason")));
        Assert.Equal(("1", "last", "true"), (Header(second, "Deq-Frame-Index"), Header(second, "Deq-Start"), Header(second, "Deq-Warm")));
        Assert.Contains("downsample", Header(second, "Deq-Restoration"), StringComparison.Ordinal);
        Assert.Equal((2, 1), (described.GetProperty("frames").GetInt32(), described.GetProperty("warmFrames").GetInt32()));
        Assert.True(described.GetProperty("keptBytes").GetInt64() > 4 * 4 * Side * Side);
        Assert.Equal(("2", "auto"), (described.GetProperty("parameters").GetProperty("factor").GetString(), described.GetProperty("parameters").GetProperty("sigma").GetString()));
    }

    [Fact]
    public async Task Are_granted_what_the_stream_says()
    {
        foreach (string factor in (string[])["", "\"factor\":3,"])
        {
            string stream = await Open($"{factor}\"sigma\":5");

            JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();
            JsonElement answer = await Send(_client, stream, 0, Frame(0)).Ok();

            Assert.Equal(answer.GetProperty("solves")[0].GetProperty("budget").ToString(), described.GetProperty("budget").ToString());
        }
    }

    [Fact]
    public async Task Name_what_is_wrong_with_an_opening_or_a_frame()
    {
        await Opened("""{"model":"restore","sigma":0}""").Problem(ProblemKinds.InvalidParameter);
        await Opened("""{"model":"restore","operator":"blur"}""").Problem(ProblemKinds.UnknownParameter);
        await Opened("""{"model":"restore","output":"image/x-kitti-flow"}""").Problem(ProblemKinds.InvalidParameter);
        string stream = await Open(""" "sigma":20 """);

        await Send(_client, stream, 0, "no picture"u8.ToArray()).Problem(ProblemKinds.UnsupportedImage);
        JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();

        Assert.Equal(JsonValueKind.Null, described.GetProperty("lastIndex").ValueKind);
    }

    [Fact]
    public async Task Count_the_planes_of_a_frame_as_held_by_its_client_until_it_is_answered()
    {
        await using var server = new FlowServer(null, ("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using HttpResponseMessage opened = await client.PostAsync(Root, Json("""{"model":"restore","sigma":20}"""), Cancellation);
        string stream = opened.Headers.Location!.ToString();

        using HttpResponseMessage small = await Send(client, stream, 0, Flat(32));
        JsonElement never = await Send(client, stream, 1, Flat(200)).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Equal(65_536, never.GetProperty("limit").GetInt64());
        Assert.Equal(0, server.Services.GetRequiredService<HeldBodies>().Bytes);
    }

    [Fact]
    public async Task Count_the_states_and_the_answer_of_a_frame_before_it_is_solved()
    {
        await using var server = new FlowServer(null, ("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "262144")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using HttpResponseMessage opened = await client.PostAsync(Root, Json("""{"model":"restore","sigma":20,"factor":3}"""), Cancellation);
        string stream = opened.Headers.Location!.ToString();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();

        // Of 32 x 32 pixels 4 KiB, of the answer 36 KiB, of the state with its margin 49 KiB.
        using (HeldBodies.Share one = bodies.Open("restore", "another client"), other = bodies.Open("restore", "a third"))
        {
            one.Add(110_000);
            other.Add(110_000);
            await Send(client, stream, 0, Flat(32)).Problem(ProblemKinds.Overloaded);
        }

        using HttpResponseMessage alone = await Send(client, stream, 0, Flat(32));
        JsonElement never = await Send(client, stream, 1, Flat(48)).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(HttpStatusCode.OK, alone.StatusCode);
        Assert.Equal(131_072, never.GetProperty("limit").GetInt64());
        Assert.Equal(0, bodies.Bytes);
    }

    [Fact]
    public async Task Count_the_answer_of_a_frame_with_its_planes_before_its_noise_is_estimated()
    {
        await using var server = new FlowServer(null, ("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using HttpResponseMessage opened = await client.PostAsync(Root, Json("""{"model":"restore","factor":3}"""), Cancellation);
        byte[] line = new PicturePlanes(1, 2048, [[.. Enumerable.Repeat(0.5f, 2048)]]).Png();

        // Of a line no noise can be estimated.
        JsonElement problem = await Send(client, opened.Headers.Location!.ToString(), 0, line).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(65_536, problem.GetProperty("limit").GetInt64());
        Assert.Equal(0, server.Services.GetRequiredService<HeldBodies>().Bytes);
    }

    private static byte[] Flat(int side) => new PicturePlanes(side, side, [[.. Enumerable.Repeat(0.5f, side * side)]]).Png();

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static float Scene(int x, int y) => (x > Side / 3 ? 0.7f : 0.3f) + (0.1f * MathF.Sin(y / 6f));

    private static byte[] Frame(int seed, int side = Side, int step = 0, Func<int, int, float>? scene = null) =>
        new PicturePlanes(side, side, [Plane(seed, side, (x, y) => (scene ?? Scene)(x, y) + (step / 255f))]).Png();

    private static float[] Plane(int seed, int side, Func<int, int, float> scene)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, side * side).Select(i => scene(i % side, i / side)
                + (float)(Sigma / 255 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))),
        ];
    }

    private async Task<byte[]> Pixels(string stream, int frame)
    {
        using HttpResponseMessage response = await Send(_client, stream, frame, Frame(frame));
        return ImageDecoder.Decode(await response.Content.ReadAsByteArrayAsync(Cancellation), new ImageLimits()).Pixels;
    }

    private Task<HttpResponseMessage> Opened(string body) => _client.PostAsync(Root, Json(body), Cancellation);

    private async Task<string> Open(string members)
    {
        using HttpResponseMessage response = await Opened($$"""{"model":"restore",{{members}}}""");
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Cancellation));
        return response.Headers.Location!.ToString();
    }
}
