using System.Net.Http.Headers;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Testing;

namespace Deq.Api.Specs.Tasks.Latent;

public sealed class ServedReconstructionSpecs(ServedReconstructionSpecs.Shared shared) : IClassFixture<ServedReconstructionSpecs.Shared>
{
    private const string Reconstruct = "/api/v1/models/fashion-latent/reconstruct";
    private const int Side = 28;

    private readonly HttpClient _client = shared.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Comes_nearer_to_the_image_than_its_noisy_copy_is()
    {
        float[] clean = Boot();
        var random = new Random(1);
        float[] noisy = [.. clean.Select(value => Math.Clamp(value + (0.5f * (random.NextSingle() - 0.5f)) + (0.5f * (random.NextSingle() - 0.5f)), 0, 1))];

        float[] found = await Image(File(noisy, "image"));

        Assert.InRange(Distance(found, clean), 0, 0.8 * Distance(noisy, clean));
    }

    [Fact]
    public async Task Fills_a_gap_better_than_black()
    {
        float[] clean = Boot();
        float[] mask = [.. Enumerable.Range(0, Side * Side).Select(pixel => pixel / Side is >= 10 and < 20 && pixel % Side is >= 10 and < 20 ? 1f : 0)];
        float[] holed = [.. clean.Zip(mask, (value, missing) => value * (1 - missing))];

        float[] found = await Image(File(holed, "image"), File(mask, "mask"));

        Assert.InRange(Distance(Within(found, mask), Within(clean, mask)), 0, 0.7 * Distance(Within(holed, mask), Within(clean, mask)));
    }

    [Fact]
    public async Task Reports_the_latent_and_how_well_it_explains_the_image()
    {
        JsonElement report = await Post(File(Boot(), "image")).Ok();

        Assert.Equal(64, report.GetProperty("latent").GetArrayLength());
        Assert.Equal(1, report.GetProperty("known").GetDouble());
        Assert.InRange(report.GetProperty("misfit").GetDouble(), 1, 60);
        Assert.Equal("anderson", report.Solve().GetProperty("solver").GetString());
    }

    [Fact]
    public async Task Answers_an_image_among_others_as_alone()
    {
        JsonElement[] together = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Post(File(Boot(), "image"), Field("maxEvaluations", "30")).Ok()));

        JsonElement alone = await Post(File(Boot(), "image"), Field("maxEvaluations", "30")).Ok();

        Assert.All(together, each => Assert.Equal(alone.GetProperty("misfit").GetDouble(), each.GetProperty("misfit").GetDouble(), tolerance: 0.1));
    }

    [Fact]
    public async Task Refuses_what_cannot_be_reconstructed()
    {
        await Post(Field("tolerance", "0.1")).Problem(ProblemKinds.MissingBody);
        await Post(File(Boot(), "image"), File([.. Enumerable.Repeat(1f, Side * Side)], "mask")).Problem(ProblemKinds.InvalidInput);
        await Post(File(Boot(), "image"), Field("sigma", "3")).Problem(ProblemKinds.UnknownParameter);
        await Post(File(Boot(), "image"), Field("maxEvaluations", "1"), Field("requireConverged", "true")).Problem(ProblemKinds.NotConverged);
    }

    private static float[] Boot()
    {
        var input = new ImageInput { Channels = 1, Height = Side, Width = Side, Mean = [0], Deviation = [1] };
        float[] values = new float[Side * Side];
        ImageTensor.Fill(ImageDecoder.Decode(System.IO.File.ReadAllBytes(Repository.Folder("docs", "samples", "ankle-boot.png")), new ImageLimits()), input, values);
        return values;
    }

    private static float[] Within(float[] values, float[] mask) => [.. values.Where((_, pixel) => mask[pixel] > 0)];

    private static double Distance(float[] one, float[] other) => Math.Sqrt(one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Sum());

    private static (HttpContent Content, string Name, string? File) File(float[] values, string name) =>
        (Calls.Bytes(ImagePng.Of(values, 1, Side, Side), "image/png"), name, $"{name}.png");

    private static (HttpContent Content, string Name, string? File) Field(string name, string value) => (new StringContent(value), name, null);

    private async Task<HttpResponseMessage> Post(params (HttpContent Content, string Name, string? File)[] parts) => await Send(null, parts);

    private async Task<float[]> Image(params (HttpContent Content, string Name, string? File)[] parts)
    {
        using HttpResponseMessage response = await Send("image/png", parts);
        response.EnsureSuccessStatusCode();
        DecodedImage image = ImageDecoder.Decode(await response.Content.ReadAsByteArrayAsync(Cancellation), new ImageLimits());
        return [.. Enumerable.Range(0, Side * Side).Select(pixel => image.Pixels[4 * pixel] / 255f)];
    }

    private async Task<HttpResponseMessage> Send(string? accept, (HttpContent Content, string Name, string? File)[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach ((HttpContent content, string name, string? file) in parts)
        {
            if (file is null)
            {
                form.Add(content, name);
            }
            else
            {
                form.Add(content, name, file);
            }
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, Reconstruct) { Content = form };
        if (accept is not null)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        }

        return await _client.SendAsync(request, Cancellation);
    }

    /// <summary>A server with the shipped latent decoder.</summary>
    public sealed class Shared : IDisposable
    {
        private readonly FlowServer _server = new() { Shipped = ["fashion-latent"] };

        public Shared() => Client = _server.CreateClient();

        public HttpClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            _server.Dispose();
        }
    }
}
