using System.Globalization;
using System.Net;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks.Classification.Probes;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing;
using Deq.Testing.Bundles;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Deq.Api.Specs.Tasks.Classification.Probes;

public sealed class ServedProbeSpecs(ServedProbeSpecs.Shared shared) : IClassFixture<ServedProbeSpecs.Shared>
{
    private const string Probe = "/api/v1/models/tiny/probe";
    private const string Ample = "?largestChange=6&maxEvaluations=400";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = shared.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finds_an_image_that_is_classified_otherwise_when_it_is_sent_again()
    {
        byte[] image = Pictures.Grey(8, 8, seed: 1);

        using HttpResponseMessage answer = await Ask(Ample, image, accept: "image/png");

        byte[] changed = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        JsonElement report = JsonElement.Parse(Header(answer, "Deq-Probe"));
        JsonElement again = await _client.PostAsync($"{BundleServer.Classify}?tolerance=0.001", Calls.Bytes(changed, "image/png"), Cancellation).Ok();
        Assert.True(report.GetProperty("changed").GetBoolean(), report.ToString());
        Assert.NotEqual(Label(report, "before"), Label(report, "after"));
        Assert.Equal(Label(report, "after"), again.Labels()[0]);
        Assert.Equal(Distance(image, changed), report.GetProperty("l2").GetDouble(), tolerance: 1e-4);
    }

    [Fact]
    public async Task Finds_no_larger_change_than_a_search_along_the_exact_gradient()
    {
        byte[] image = Pictures.Grey(8, 8, seed: 2);

        JsonElement report = await Json(Ample, image);

        Assert.InRange(report.GetProperty("l2").GetDouble(), 0, (1.04 * AlongGradient(image)) + 0.005);
    }

    [Fact]
    public async Task Says_that_nothing_changed_where_the_bound_is_too_close()
    {
        JsonElement report = await Json("?largestChange=0.01", Pictures.Grey(8, 8, seed: 1));

        Assert.False(report.GetProperty("changed").GetBoolean());
        Assert.Equal(Label(report, "before"), Label(report, "after"));
        Assert.InRange(report.GetProperty("l2").GetDouble(), 0, 0.01);
    }

    [Fact]
    public async Task Changes_the_label_to_the_target()
    {
        byte[] image = Pictures.Grey(8, 8, seed: 3);
        JsonElement free = await Json(Ample, image);

        JsonElement report = await Json($"{Ample}&target={Label(free, "after")}", image);

        Assert.True(report.GetProperty("changed").GetBoolean(), report.ToString());
        Assert.Equal(Label(free, "after"), Label(report, "after"));
        Assert.Equal(Label(free, "after"), report.GetProperty("target").GetString());
        Assert.Equal(free.GetProperty("l2").GetDouble(), report.GetProperty("l2").GetDouble(), tolerance: 0.02);
    }

    [Fact]
    public async Task Says_changed_only_where_the_target_is_answered()
    {
        byte[] image = Pictures.Grey(8, 8, seed: 3);
        string before = Label(await Json("", image), "before");

        foreach (string target in new[] { "circle", "square", "triangle", "star" }.Where(label => label != before))
        {
            JsonElement report = await Json($"{Ample}&target={target}", image);

            Assert.Equal(Label(report, "after") == target, report.GetProperty("changed").GetBoolean());
        }
    }

    [Fact]
    public async Task Counts_every_evaluation_and_product()
    {
        JsonElement report = await Json(Ample, Pictures.Grey(8, 8, seed: 1));

        int joint = report.Solve().GetProperty("evaluations").GetInt32();
        int start = report.GetProperty("start").GetProperty("evaluations").GetInt32();
        int check = report.GetProperty("check").GetProperty("evaluations").GetInt32();
        Assert.Equal(joint, report.GetProperty("products").GetInt32());
        Assert.True(report.GetProperty("evaluations").GetInt32() >= joint + start + check);
        Assert.Equal("tolerance", report.Solve().GetProperty("stop").GetString());
        Assert.Equal(["equilibrium", "gradient"], report.Solve().GetProperty("parts").EnumerateObject().Select(part => part.Name));
    }

    [Fact]
    public async Task Answers_an_image_among_others_as_alone()
    {
        byte[][] images = [.. Enumerable.Range(1, 4).Select(seed => Pictures.Grey(8, 8, seed))];

        JsonElement[] together = await Task.WhenAll(images.Select(image => Json(Ample, image)));

        for (int i = 0; i < images.Length; i++)
        {
            JsonElement alone = await Json(Ample, images[i]);
            Assert.Equal(Label(alone, "after"), Label(together[i], "after"));
            Assert.Equal(alone.GetProperty("l2").GetDouble(), together[i].GetProperty("l2").GetDouble(), tolerance: 0.01);
            Assert.Equal(alone.Solve().GetProperty("evaluations").GetInt32(), together[i].Solve().GetProperty("evaluations").GetInt32(), tolerance: 1);
        }
    }

    [Theory]
    [InlineData("?largestChange=0", "largestChange")]
    [InlineData("?largestChange=wide", "largestChange")]
    [InlineData("?target=hexagon", "target")]
    public async Task Refuses_values_that_cannot_be(string query, string name)
    {
        JsonElement problem = await _client.PostAsync(Probe + query, Png(1), Cancellation).Problem(ProblemKinds.InvalidParameter);

        Assert.True(problem.GetProperty("errors").TryGetProperty(name, out _), problem.ToString());
    }

    [Fact]
    public async Task Refuses_several_images_a_tensor_that_is_no_image_and_the_label_that_is_there()
    {
        using var two = new MultipartFormDataContent { { Png(1), "image", "1.png" }, { Png(2), "image", "2.png" } };
        float[] bright = [.. Enumerable.Repeat(1.5f, 64)];
        string label = Label(await Json("", Pictures.Grey(8, 8, seed: 1)), "before");

        await _client.PostAsync(Probe, two, Cancellation).Problem(ProblemKinds.TooManyImages);
        await _client.PostAsync($"{Probe}?top=3", Png(1), Cancellation).Problem(ProblemKinds.UnknownParameter);
        JsonElement tensor = await _client.PostAsync(Probe, Calls.Tensor("1,8,8", bright), Cancellation).Problem(ProblemKinds.InvalidInput);
        JsonElement same = await _client.PostAsync($"{Probe}?target={label}", Png(1), Cancellation).Problem(ProblemKinds.InvalidInput);

        Assert.Contains("black is 0 and white 1", tensor.Detail(), StringComparison.Ordinal);
        Assert.Contains("already", same.Detail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_solve_that_must_converge_and_does_not() =>
        await _client.PostAsync($"{Probe}?maxEvaluations=2&requireConverged=true", Png(1), Cancellation).Problem(ProblemKinds.NotConverged);

    [Fact]
    public async Task Says_how_to_add_the_graphs_that_are_missing()
    {
        await using var server = new BundleServer();
        using HttpClient client = server.CreateClient();

        JsonElement problem = await client.PostAsync(Probe, Png(1), Cancellation).Problem(ProblemKinds.MissingGraphs);

        Assert.Contains("add-joint", problem.Detail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_by_its_deadline_with_what_it_has()
    {
        var clock = new SteppedClock();
        await using var server = new BundleServer(new TinyBundleOptions { HasJointGraphs = true, SpectralNorm = 0.97 }, ("Engine:Threads", "1"), ("Engine:RowsPerThread", "4"));
        await using WebApplicationFactory<Program> timed = server.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
        {
            services.RemoveAll<JointModelOf>();
            services.AddSingleton<JointModelOf>((manifest, model) => new PacedModel(ServedProbe.JointModel(manifest, model)!, () => clock.Advance(TimeSpan.FromMilliseconds(500))));
            services.AddSingleton<TimeProvider>(clock);
        }));
        using HttpClient client = timed.CreateClient();

        JsonElement report = await client.PostAsync($"{Probe}?maxEvaluations=1000&tolerance=0.0001&deadlineMs=3000&largestChange=6", Png(1), Cancellation).Ok();

        Assert.Equal("deadline", report.Solve().GetProperty("stop").GetString());
        Assert.InRange(report.Solve().GetProperty("evaluations").GetInt32(), 1, 6);
        Assert.False(report.Solve().GetProperty("converged").GetBoolean());
    }

    [Fact]
    public async Task Stops_when_the_client_leaves()
    {
        await using var server = new BundleServer(new TinyBundleOptions { HasJointGraphs = true, ExtraWork = 4 }, ("Engine:Threads", "1"), ("Engine:RowsPerThread", "4"));
        using HttpClient client = server.CreateClient();
        InferenceEngine joint = server.Services.GetRequiredService<ModelCatalogue>().Find("tiny").Joint!;
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> call = client.PostAsync($"{Probe}?maxEvaluations=1000&tolerance=0.0001&largestChange=6", Png(1), leaving.Token);
        Assert.True(SpinWait.SpinUntil(() => joint.Running == 1, s_patience));

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(SpinWait.SpinUntil(() => joint is { Running: 0, Waiting: 0 }, s_patience));
    }

    [Fact]
    public async Task Documents_its_parameters_and_the_models_that_can_be_probed()
    {
        JsonElement document = await _client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();
        JsonElement operation = document.GetProperty("paths").GetProperty("/api/v1/models/{model}/probe").GetProperty("post");
        Dictionary<string, JsonElement> parameters = operation.GetProperty("parameters").EnumerateArray().ToDictionary(each => each.GetProperty("name").GetString()!);

        Assert.Equal("tiny", parameters["model"].GetProperty("example").GetString());
        Assert.All(["target", "largestChange", "maxEvaluations", "tolerance", "deadlineMs"], name => Assert.True(parameters.ContainsKey(name), name));
        Assert.Equal(
            ["application/json", "image/png"],
            operation.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(type => type.Name));
    }

    private static ByteArrayContent Png(int seed) => Calls.Bytes(Pictures.Png(Pictures.Grey(8, 8, seed), 8), "image/png");

    private static string Label(JsonElement report, string which) => report.GetProperty(which).GetProperty("label").GetString()!;

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static double Distance(byte[] image, byte[] png)
    {
        DecodedImage changed = ImageDecoder.Decode(png, new ImageLimits());
        return Math.Sqrt(image.Select((value, i) => Math.Pow((value - changed.Pixels[4 * i]) / 255.0, 2)).Sum());
    }

    /// <summary>The distance at which the label changes along the gradient of the margin by finite differences in double precision, by bisection.</summary>
    private static double AlongGradient(byte[] grey)
    {
        var tiny = new TinyBundle();
        float[] image = [.. grey.Select(value => value / 255f)];
        int label = Best(tiny, image);
        double[] slope = [.. image.Select((_, place) => (Margin(tiny, image, label, place, 1e-3f) - Margin(tiny, image, label, place, -1e-3f)) / 2e-3)];
        double norm = Math.Sqrt(slope.Sum(value => value * value));
        (double near, double far) = (0, 6);
        for (int round = 0; round < 30; round++)
        {
            double middle = (near + far) / 2;
            float[] moved = [.. image.Select((value, i) => (float)(value - (middle * slope[i] / norm)))];
            (near, far) = Best(tiny, moved) == label ? (middle, far) : (near, middle);
        }

        return far;
    }

    private static int Best(TinyBundle tiny, float[] image)
    {
        double[] logits = tiny.Logits(tiny.FixedPoint(image));
        return Array.IndexOf(logits, logits.Max());
    }

    private static double Margin(TinyBundle tiny, float[] image, int label, int place, float by)
    {
        float[] moved = [.. image];
        moved[place] += by;
        double[] logits = tiny.Logits(tiny.FixedPoint(moved));
        return logits[label] - logits.Where((_, i) => i != label).Max();
    }

    private async Task<JsonElement> Json(string query, byte[] grey) => await _client.PostAsync(Probe + query, Calls.Bytes(Pictures.Png(grey, 8), "image/png"), Cancellation).Ok();

    private async Task<HttpResponseMessage> Ask(string query, byte[] grey, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Probe + query) { Content = Calls.Bytes(Pictures.Png(grey, 8), "image/png") };
        request.Headers.Add("Accept", accept);
        HttpResponseMessage response = await _client.SendAsync(request, Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, string.Create(CultureInfo.InvariantCulture, $"{response.StatusCode}"));
        return response;
    }

    /// <summary>A server over a tiny classifier with the graphs of joint inference.</summary>
    public sealed class Shared : IDisposable
    {
        private readonly BundleServer _server = new(new TinyBundleOptions { HasJointGraphs = true }, ("Engine:Threads", "1"), ("Engine:RowsPerThread", "4"));

        public Shared() => Client = _server.CreateClient();

        public HttpClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            _server.Dispose();
        }
    }
}
