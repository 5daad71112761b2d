using System.Net;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using Deq.Testing.Bundles;
using static Deq.Api.Specs.Clients.Pictures;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class FlowEstimationSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(48, 32)]
    [InlineData(50, 33)]
    [InlineData(8, 121)]
    public async Task Has_the_size_of_the_frames_in_every_format_and_the_same_numbers(int width, int height)
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        var limits = new ImageLimits();

        JsonElement json = await FlowServer.Post(client, FlowServer.Noise(width, height)).Ok();
        FlowField raw = RawFlow.Read(await Body(client, "application/octet-stream", width, height), width, height, limits);
        FlowField middlebury = MiddleburyFlow.Read(await Body(client, "application/x-middlebury-flo", width, height), limits);
        FlowField kitti = KittiFlow.Read(await Body(client, "image/x-kitti-flow", width, height), limits);
        DecodedImage colours = ImageDecoder.Decode(await Body(client, "image/png", width, height), limits);

        JsonElement flow = json.GetProperty("flow");
        double[] lengths = [.. raw.U.Zip(raw.V, (u, v) => Math.Sqrt(((double)u * u) + ((double)v * v)))];
        Assert.Equal((width, height), (flow.GetProperty("width").GetInt32(), flow.GetProperty("height").GetInt32()));
        Assert.Equal((width, height), (colours.Width, colours.Height));
        Assert.Equal(raw.U, middlebury.U);
        Assert.Equal(raw.V, middlebury.V);
        Assert.All(raw.U.Zip(kitti.U), pair => Assert.Equal(pair.First, pair.Second, 1 / 64f));
        Assert.Equal(lengths.Average(), flow.GetProperty("meanMagnitude").GetDouble(), 1e-5);
        Assert.Equal(lengths.Max(), flow.GetProperty("maxMagnitude").GetDouble(), 1e-5);
        Assert.InRange(flow.GetProperty("dominantDirection").GetProperty("degrees").GetDouble(), 0, 360);
    }

    [Fact]
    public async Task Says_how_it_was_found_in_the_answer_and_in_headers_of_every_format()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage json = await FlowServer.Post(client, FlowServer.Noise(48, 32), query: "?tolerance=0.01&solver=picard");
        using HttpResponseMessage png = await FlowServer.Post(client, FlowServer.Noise(48, 32), "image/png", "?tolerance=0.01&solver=picard");

        JsonElement solve = (await json.Json()).GetProperty("solve");
        JsonElement header = JsonElement.Parse(Header(png, "Deq-Solve"));
        Assert.True(solve.GetProperty("converged").GetBoolean());
        Assert.InRange(solve.GetProperty("residual").GetDouble(), 0, 0.01);
        Assert.Equal(
            solve.GetProperty("residual").GetDouble(),
            Math.Max(Part(solve, "flowPixels"), TinyFlowBundle.PixelsPerChange * Part(solve, "hiddenChange")),
            1e-12);
        Assert.All(["evaluations", "residual", "tolerance", "stop", "solver", "budget"], name =>
            Assert.Equal(solve.GetProperty(name).ToString(), header.GetProperty(name).ToString()));
        Assert.Equal(("tolerance", "picard", "48", "32", "false"), (
            Header(png, "Deq-Stop"), Header(png, "Deq-Solver"), Header(png, "Deq-Width"), Header(png, "Deq-Height"), Header(png, "Deq-Warm")));
        Assert.Equal(solve.GetProperty("evaluations").GetInt32(), int.Parse(Header(json, "Deq-Evaluations")));
        Assert.True(double.Parse(Header(png, "Deq-Scale")) > 0);
        Assert.False(json.Headers.Contains("Deq-Scale"));
    }

    [Fact]
    public async Task Keeps_to_the_budget_that_was_asked_for()
    {
        using var server = new FlowServer(new TinyFlowOptions { Tolerance = 1e-6 });
        using HttpClient client = server.CreateClient();

        JsonElement two = await FlowServer.Post(client, FlowServer.Noise(48, 32), query: "?maxEvaluations=2&tolerance=1e-9").Ok();
        JsonElement fast = await FlowServer.Post(client, FlowServer.Noise(48, 32), query: "?budget=fast").Ok();
        using MultipartFormDataContent form = FlowServer.Noise(48, 32);
        form.Add(new StringContent("2"), "maxEvaluations");
        JsonElement refused = await FlowServer.Post(client, form, query: "?requireConverged=true").Problem(ProblemKinds.NotConverged);

        Assert.Equal(("evaluations", 2), (two.Solve().GetProperty("stop").GetString(), two.Solve().GetProperty("evaluations").GetInt32()));
        Assert.Equal("tolerance", two.Solve().GetProperty("clamped")[0].GetProperty("parameter").GetString());
        Assert.Equal("fast", fast.Solve().GetProperty("profile").GetString());
        Assert.Equal(JsonValueKind.Null, fast.Solve().GetProperty("budget").GetProperty("untilStable").ValueKind);
        Assert.Equal(2, refused.GetProperty("solve").GetProperty("evaluations").GetInt32());
    }

    [Fact]
    public async Task Is_the_same_for_many_callers_at_once_as_for_each_alone()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        (int Width, int Height)[] sizes = [(48, 32), (33, 20), (48, 32), (16, 64), (48, 32), (33, 20)];

        string[] together = await Task.WhenAll(sizes.Select((size, i) => Statistics(client, size, i)));

        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.Equal(await Statistics(client, sizes[i], i), together[i]);
        }
    }

    [Theory]
    [InlineData("image/png;q=0.5, application/x-middlebury-flo", "application/x-middlebury-flo")]
    [InlineData("*/*", "application/json")]
    [InlineData("image/*", "image/png")]
    [InlineData("image/x-kitti-flow, */*", "image/x-kitti-flow")]
    public async Task Comes_in_the_type_that_is_wanted_most(string accept, string expected)
    {
        using var server = new FlowServer();
        using var request = new HttpRequestMessage(HttpMethod.Post, FlowServer.Flow) { Content = FlowServer.Noise(16, 16) };
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using HttpResponseMessage response = await server.CreateClient().SendAsync(request, Cancellation);

        Assert.Equal((HttpStatusCode.OK, expected), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Is_refused_in_a_type_that_nobody_writes()
    {
        using var server = new FlowServer();

        await FlowServer.Post(server.CreateClient(), FlowServer.Noise(16, 16), "text/html").Problem(ProblemKinds.NotAcceptable);
    }

    [Fact]
    public async Task Needs_frames_of_one_size_that_the_model_takes()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        byte[] small = Png(Grey(16, 16, 1), 16);

        JsonElement differ = await FlowServer.Post(client, FlowServer.Form(small, Png(Grey(17, 16, 1), 17))).Problem(ProblemKinds.FrameSize);
        JsonElement tiny = await FlowServer.Post(client, FlowServer.Noise(7, 30)).Problem(ProblemKinds.FrameSize);
        JsonElement large = await FlowServer.Post(client, FlowServer.Noise(300, 300)).Problem(ProblemKinds.ImageTooLarge);

        Assert.Contains("16 x 16 and 17 x 16", differ.Detail());
        Assert.Contains("at least 8 pixels", tiny.Detail());
        Assert.Contains("at most 65536 pixels", large.Detail());
        Assert.Equal(65536, large.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Needs_both_frames_once_and_readable()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        byte[] good = Png(Grey(16, 16, 1), 16);
        byte[] half = Png(Grey(64, 64, 1), 64)[..2000];
        using MultipartFormDataContent three = FlowServer.Form(good, good);
        three.Add(new ByteArrayContent(good), "frame1", "again.png");
        using MultipartFormDataContent one = new() { { new ByteArrayContent(good), "frame1", "1.png" } };
        using MultipartFormDataContent unknown = FlowServer.Form(good, good);
        unknown.Add(new ByteArrayContent([1, 2, 3]), "frame3", "3.png");

        JsonElement missing = await FlowServer.Post(client, one).Problem(ProblemKinds.MissingBody);
        JsonElement empty = await FlowServer.Post(client, FlowServer.Form(good, [])).Problem(ProblemKinds.MissingBody);
        JsonElement twice = await FlowServer.Post(client, three).Problem(ProblemKinds.MalformedMultipart);
        JsonElement noise = await FlowServer.Post(client, FlowServer.Form(good, Encoding.UTF8.GetBytes("no image"))).Problem(ProblemKinds.UnsupportedImage);
        JsonElement torn = await FlowServer.Post(client, FlowServer.Form(Png(Grey(64, 64, 1), 64), half)).Problem(ProblemKinds.UnreadableImage);
        await FlowServer.Post(client, unknown).Problem(ProblemKinds.UnknownParameter);
        await FlowServer.Post(client, new ByteArrayContent([])).Problem(ProblemKinds.MissingBody);
        await FlowServer.Post(client, Calls.Bytes(good, "image/png")).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.Contains("no part named 'frame2'", missing.Detail());
        Assert.Contains("frame2 is empty", empty.Detail());
        Assert.Contains("frame1 comes more than once", twice.Detail());
        Assert.StartsWith("frame2: ", noise.Detail());
        Assert.StartsWith("frame2: ", torn.Detail());
        Assert.Equal(1, torn.GetProperty("image").GetInt32());
    }

    [Theory]
    [InlineData("top=3")]
    [InlineData("untilStable=2")]
    [InlineData("speed=9")]
    public async Task Takes_no_parameters_of_classes(string query)
    {
        using var server = new FlowServer();

        JsonElement problem = await FlowServer.Post(server.CreateClient(), FlowServer.Noise(16, 16), query: $"?{query}").Problem(ProblemKinds.UnknownParameter);

        Assert.EndsWith("Known: budget, maxEvaluations, tolerance, deadlineMs, priority, solver, requireConverged.", problem.Detail());
    }

    [Fact]
    public async Task Is_not_what_a_classifier_does_nor_the_other_way_round()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();

        JsonElement flow = await client.PostAsync("/api/v1/models/tiny/flow", FlowServer.Noise(16, 16), Cancellation).Problem(ProblemKinds.WrongTask);
        JsonElement classify = await client.PostAsync(
            $"/api/v1/models/{TinyFlowBundle.Name}/classify", Calls.Bytes(Png(Grey(16, 16, 1), 16), "image/png"), Cancellation).Problem(ProblemKinds.WrongTask);

        Assert.Contains("/api/v1/models/tiny/classify", flow.Detail());
        Assert.Contains($"/api/v1/models/{TinyFlowBundle.Name}/flow", classify.Detail());
        Assert.Equal("optical-flow", classify.GetProperty("task").GetString());
        await client.PostAsync("/api/v1/models/nobody/flow", FlowServer.Noise(16, 16), Cancellation).Problem(ProblemKinds.ModelNotFound);
    }

    [Fact]
    public async Task Without_a_finite_number_is_a_problem()
    {
        using var server = new FlowServer(new TinyFlowOptions { FailsAboveMean = 0.3 });
        byte[] bright = Png(Plain(16, 16, 250), 16);

        JsonElement problem = await FlowServer.Post(server.CreateClient(), FlowServer.Form(bright, bright)).Problem(ProblemKinds.Diverged);

        Assert.Equal("diverged", problem.GetProperty("solve").GetProperty("stop").GetString());
    }

    [Fact]
    public async Task Of_a_model_is_described_with_the_frames_it_takes()
    {
        using var server = new FlowServer();

        JsonElement model = await server.CreateClient().GetAsync($"/api/v1/models/{TinyFlowBundle.Name}", Cancellation).Ok();

        Assert.Equal("optical-flow", model.GetProperty("task").GetString());
        Assert.Equal(16, model.GetProperty("input").GetProperty("sizes").GetProperty("multiple").GetInt32());
        Assert.Equal(TinyFlowBundle.Stride, model.GetProperty("state").GetProperty("stride").GetInt32());
        Assert.Equal(0, model.GetProperty("labels").GetArrayLength());
        Assert.Equal(0.001, model.GetProperty("defaults").GetProperty("tolerance").GetDouble());
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static double Part(JsonElement solve, string name) => solve.GetProperty("parts").GetProperty(name).GetDouble();

    private static async Task<string> Statistics(HttpClient client, (int Width, int Height) size, int seed) =>
        (await FlowServer.Post(client, FlowServer.Noise(size.Width, size.Height, seed)).Ok()).GetProperty("flow").ToString();

    private static async Task<byte[]> Body(HttpClient client, string type, int width, int height)
    {
        using HttpResponseMessage response = await FlowServer.Post(client, FlowServer.Noise(width, height), type);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsByteArrayAsync(Cancellation);
    }
}
