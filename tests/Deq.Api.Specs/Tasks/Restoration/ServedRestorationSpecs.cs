using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Specs.Tasks.Restoration;

public sealed class ServedRestorationSpecs(ServedRestorationSpecs.Shared shared) : IClassFixture<ServedRestorationSpecs.Shared>
{
    private const int Side = 40;
    private const double Sigma = 20;

    private readonly HttpClient _client = shared.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removes_noise_and_says_that_the_solution_is_unique()
    {
        JsonElement answer = await Post(Noisy(), Reference(Scene()), Field("sigma", Sigma)).Ok();

        JsonElement report = answer.GetProperty("restoration");
        Assert.Equal("identity", report.GetProperty("operator").GetString());
        Assert.True(report.GetProperty("psnr").GetDouble() > report.GetProperty("psnrBefore").GetDouble() + 4);
        Assert.True(report.GetProperty("unique").GetBoolean());
        Assert.InRange(report.GetProperty("misfit").GetDouble(), 0.6 * Sigma, 1.2 * Sigma);
        Assert.True(answer.GetProperty("solves")[0].GetProperty("converged").GetBoolean());
        Assert.Equal(answer.GetProperty("solves")[0].GetProperty("evaluations").GetInt32(), answer.GetProperty("residuals").GetArrayLength());
    }

    [Fact]
    public async Task Estimates_the_noise_where_it_is_not_given()
    {
        JsonElement report = (await Post(Noisy()).Ok()).GetProperty("restoration");

        Assert.True(report.GetProperty("sigmaEstimated").GetBoolean());
        Assert.InRange(report.GetProperty("sigma").GetDouble(), 0.7 * Sigma, 1.4 * Sigma);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("psnr").ValueKind);
    }

    [Fact]
    public async Task Fills_a_gap()
    {
        float[] mask = [.. Enumerable.Range(0, Side * Side).Select(i => i % 3 == 0 ? 1f : 0f)];
        float[] holed = [.. Scene().Select((value, i) => mask[i] > 0 ? 0 : value)];

        JsonElement report = (await Post(Image(holed, Side), File(Png(mask, Side), "mask"), Reference(Scene()), Field("sigma", 1)).Ok()).GetProperty("restoration");

        Assert.Equal("mask", report.GetProperty("operator").GetString());
        Assert.False(report.GetProperty("unique").GetBoolean());
        Assert.True(report.GetProperty("psnr").GetDouble() > report.GetProperty("psnrBefore").GetDouble() + 8);
    }

    [Fact]
    public async Task Sharpens_a_known_blur()
    {
        float[] blurred = [.. Enumerable.Range(0, Side * Side).Select(i => Enumerable.Range(-2, 5).Average(by => Scene()[(i / Side * Side) + Math.Clamp((i % Side) + by, 0, Side - 1)]))];

        JsonElement report = (await Post(Image(blurred, Side), Kernel("[[1,1,1,1,1]]"), Reference(Scene()), Field("sigma", 1)).Ok()).GetProperty("restoration");

        Assert.Equal("blur", report.GetProperty("operator").GetString());
        Assert.True(report.GetProperty("psnr").GetDouble() > report.GetProperty("psnrBefore").GetDouble() + 3);
    }

    [Fact]
    public async Task Takes_a_kernel_of_numbers_that_begins_with_a_byte_order_mark()
    {
        JsonElement report = (await Post(Noisy(), Kernel("\uFEFF\n[[1,1,1]]"), Field("sigma", Sigma)).Ok()).GetProperty("restoration");

        Assert.Equal("blur", report.GetProperty("operator").GetString());
    }

    [Fact]
    public async Task Solves_more_exactly_where_pixels_are_lost_unless_the_request_says_otherwise()
    {
        JsonElement noise = await Solve(Field("sigma", 2));
        JsonElement half = await Solve(Field("sigma", 2), Field("factor", 2));
        JsonElement named = await Solve(Field("sigma", 2), Field("factor", 2), Field("tolerance", 0.003), Field("maxEvaluations", 7));

        Assert.Equal(noise.GetProperty("tolerance").GetDouble() / 5, half.GetProperty("tolerance").GetDouble(), 1e-9);
        Assert.Equal(2 * Most(noise), Most(half));
        Assert.True(half.GetProperty("residual").GetDouble() < noise.GetProperty("tolerance").GetDouble());
        Assert.Equal((0.003, 7), (named.GetProperty("tolerance").GetDouble(), Most(named)));

        async Task<JsonElement> Solve(params MultipartPart[] fields) => (await Post([Image(Scene(), Side), .. fields]).Ok()).GetProperty("solves")[0];

        static int Most(JsonElement solve) => solve.GetProperty("budget").GetProperty("maxEvaluations").GetInt32();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Enlarges_by_a_factor(int factor)
    {
        using HttpResponseMessage response = await Send("image/png", Image(Scene(), Side), Field("factor", factor), Field("sigma", 1));

        DecodedImage picture = ImageDecoder.Decode(await response.Content.ReadAsByteArrayAsync(Cancellation), new ImageLimits());
        Assert.Equal((factor * Side, factor * Side), (picture.Width, picture.Height));
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("downsample", Assert.Single(response.Headers.GetValues("Deq-Restoration")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restores_colours_plane_by_plane()
    {
        var colours = new PicturePlanes(Side, Side, [Scene(), [.. Scene().Reverse()], [.. Enumerable.Repeat(0.5f, Side * Side)]]);

        JsonElement answer = await Post(File(colours.Png(), "image"), Field("sigma", 5)).Ok();

        Assert.Equal(3, answer.GetProperty("solves").GetArrayLength());
        Assert.Equal(answer.GetProperty("restoration").GetProperty("evaluations").GetInt32(), answer.GetProperty("solves").EnumerateArray().Sum(solve => solve.GetProperty("evaluations").GetInt32()));
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(1, false)]
    public async Task Says_that_colours_have_one_solution_up_to_half_the_strength_of_grey(double lambda, bool isUnique)
    {
        var colours = new PicturePlanes(Side, Side, [Scene(), [.. Scene().Reverse()], [.. Enumerable.Repeat(0.5f, Side * Side)]]);

        JsonElement answer = await Post(File(colours.Png(), "image"), Field("sigma", 5), Field("lambda", lambda)).Ok();

        Assert.Equal(isUnique, answer.GetProperty("restoration").GetProperty("unique").GetBoolean());
    }

    [Fact]
    public async Task Sends_events_with_previews_and_the_picture_in_the_last()
    {
        using HttpResponseMessage response = await Send("text/event-stream", Noisy(), Field("sigma", Sigma));

        string[] events = (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("event: iterate", events[0], StringComparison.Ordinal);
        JsonElement result = JsonDocument.Parse(events[^1].Split("data: ")[1]).RootElement;
        DecodedImage picture = ImageDecoder.Decode(result.GetProperty("png").GetBytesFromBase64(), new ImageLimits());
        Assert.Equal((Side, Side), (picture.Width, picture.Height));
        Assert.Contains("\"preview\":\"", events[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_the_energy_of_every_evaluation_where_it_is_asked_for()
    {
        JsonElement asked = await Post(Noisy(), Field("sigma", Sigma), Field("energy", "true")).Ok();
        JsonElement plain = await Post(Noisy(), Field("sigma", Sigma)).Ok();

        double[] energies = [.. asked.GetProperty("energies").EnumerateArray().Select(energy => energy.GetDouble())];
        Assert.Equal(asked.GetProperty("residuals").GetArrayLength(), energies.Length);
        Assert.True(energies[^1] < 0.9 * energies[0]);
        Assert.InRange(energies[^1], 0.2 * Sigma * Sigma, 1.5 * Sigma * Sigma);
        Assert.False(plain.TryGetProperty("energies", out _));
        await Refused(ProblemKinds.InvalidParameter, "true or false", Noisy(), Field("energy", "maybe"));
    }

    [Fact]
    public async Task Sends_the_energy_with_every_event()
    {
        using HttpResponseMessage response = await Send("text/event-stream", Noisy(), Field("sigma", Sigma));

        JsonElement[] events =
        [
            .. (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(text => JsonDocument.Parse(text.Split("data: ")[1]).RootElement),
        ];
        Assert.Equal(
            events[^1].GetProperty("energies").EnumerateArray().Select(energy => energy.GetDouble()),
            events[..^1].Select(iterate => iterate.GetProperty("energy").GetDouble()));
    }

    [Fact]
    public async Task Restores_a_large_picture_in_tiles_that_leave_no_seam()
    {
        const int width = 1000, height = 800;
        float[] slope = [.. Enumerable.Range(0, width * height).Select(i => 0.2f + (0.6f * (i % width) / width))];

        JsonElement answer = await Post(Image(slope, width), File(Png(slope, width), "reference"), Field("sigma", 4), Field("maxEvaluations", 1)).Ok();

        Assert.Equal(6, answer.GetProperty("restoration").GetProperty("tiles").GetInt32());
        Assert.Equal(6, answer.GetProperty("solves").GetArrayLength());
        Assert.True(answer.GetProperty("restoration").GetProperty("psnr").GetDouble() > 45);
    }

    [Fact]
    public async Task Answers_with_as_many_bits_as_were_sent()
    {
        byte[] deep = (new PicturePlanes(Side, Side, [Scene()]) { Depth = 16 }).Png();

        using HttpResponseMessage response = await Send("image/png", File(deep, "image"), Field("sigma", 1));

        byte[] png = await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(16, PicturePlanes.Decode(png, new ImageLimits()).Depth);
        Assert.Equal(16, png[24]);
    }

    [Fact]
    public async Task Restores_a_single_pixel_and_a_mask_that_hides_nothing()
    {
        await Post(Image([0.5f], 1), Field("sigma", 10)).Ok();
        JsonElement report = (await Post(Noisy(), File(Png(new float[Side * Side], Side), "mask"), Field("sigma", Sigma)).Ok()).GetProperty("restoration");

        Assert.True(report.GetProperty("unique").GetBoolean());
    }

    [Fact]
    public async Task Takes_a_mask_in_colours_by_how_bright_they_are()
    {
        bool[] missing = [.. Enumerable.Range(0, Side * Side).Select(i => i % 3 == 0)];
        float[] holed = [.. Scene().Select((value, i) => missing[i] ? 0 : value)];
        byte[] greenOnRed = PicturePlanes.OfColours(Side, Side, [.. missing.SelectMany(isMissing => isMissing ? (float[])[0, 1, 0] : [1, 0, 0])]).Png();

        JsonElement report = (await Post(Image(holed, Side), File(greenOnRed, "mask"), Reference(Scene()), Field("sigma", 1)).Ok()).GetProperty("restoration");

        Assert.True(report.GetProperty("psnr").GetDouble() > report.GetProperty("psnrBefore").GetDouble() + 8);
    }

    [Fact]
    public async Task Refuses_what_cannot_be_restored_and_says_why()
    {
        await Refused(ProblemKinds.InvalidParameter, "above 0", Noisy(), Field("sigma", 0));
        await Refused(ProblemKinds.InvalidInput, "white everywhere", Noisy(), File(Png([.. Enumerable.Repeat(1f, Side * Side)], Side), "mask"));
        await Refused(ProblemKinds.InvalidInput, "sigma", Noisy(), File(Png([.. Enumerable.Range(0, Side * Side).Select(i => i / Side % 2 == 0 ? 1f : 0f)], Side), "mask"));
        await Refused(ProblemKinds.InvalidInput, "The mask has 1 x 1", Noisy(), File(Png([0], 1), "mask"));
        await Refused(ProblemKinds.InvalidInput, "sums to 0", Noisy(), Kernel("[[1,-1]]"));
        await Refused(ProblemKinds.InvalidInput, "rows of numbers", Noisy(), Kernel("[[1],[1,2]]"));
        await Refused(
            ProblemKinds.InvalidInput, "has 280001 bytes as JSON; the most is 254016", Noisy(), Kernel($"[{string.Join(',', Enumerable.Repeat("[1]", 70_000))}]"));
        await Refused(ProblemKinds.InvalidInput, "more than twice", Image([0.5f, 0.5f], 2), Kernel("[[1,1,1,1,1,1,1]]"));
        await Refused(ProblemKinds.InvalidInput, "of another operator", Noisy(), Kernel("[[1]]"), Field("factor", 2));
        await Refused(ProblemKinds.InvalidInput, "The reference has", Noisy(), Field("factor", 2), Reference(Scene()));
        await Refused(ProblemKinds.MissingBody, "'kernel'", Noisy(), Field("operator", "blur"));
        await Refused(ProblemKinds.MissingBody, "no part named 'image'", Field("sigma", 5));
        await Refused(ProblemKinds.UnsupportedImage, "image:", File("no picture"u8.ToArray(), "image"));
        await Refused(ProblemKinds.ImageTooLarge, "at most", Image(new float[1200 * 1200], 1200), Field("factor", 3));
    }

    [Theory]
    [InlineData(1000, 0, 0)]
    [InlineData(1, 9.9e8, 0.1)]
    public async Task Refuses_tensors_that_name_no_convolution_within_their_plane_and_says_of_which_row(double size, double rows, double step)
    {
        const int side = 8, area = side * side;
        float[] levels = [0.5f, 0.25f, 0.05f, 0.08f, 0, 0.5f, 0];
        float[] grey = [.. levels.SelectMany(level => Enumerable.Repeat(level, area))];
        float[] faulty = [.. grey];
        ((float[])[(float)size, 0, 0, 0, (float)rows, 0, (float)step]).CopyTo(faulty, RestorationPlanes.Kernel * area);
        string input = InferRequests.Input("image", [2, RestorationPlanes.Count, side, side], [.. grey, .. faulty]);

        JsonElement problem = await _client.Infer("restore", $$"""{"inputs":[{{input}}]}""").Problem(ProblemKinds.InvalidInput);

        Assert.StartsWith("Image 2 of 2: The model cannot be run on this input: Plane 4 names a convolution", problem.Detail(), StringComparison.Ordinal);
        Assert.Equal(1, problem.GetProperty("image").GetInt32());
    }

    [Fact]
    public async Task Refuses_a_picture_whose_answer_could_never_be_held_and_says_how_much_may_be()
    {
        await using var server = new FlowServer(null, ("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Png(new float[48 * 48], 48)), "image", "image.png" },
            { new StringContent("3"), "factor" },
        };

        JsonElement problem = await client.PostAsync("/api/v1/models/restore/restore", form, Cancellation).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(65_536, problem.GetProperty("limit").GetInt64());
    }

    [Theory]
    [InlineData("?factor=3", "lambda", "1")]
    [InlineData("", "factor", "3")]
    [InlineData("", "factor", "2")]
    [InlineData("?operator=downsample", "lambda", "1")]
    public async Task Counts_the_answer_with_the_picture_before_anything_else_is_decoded(string query, string field, string value)
    {
        await using var server = new FlowServer(null, ("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536")) { Shipped = ["restore"] };
        using HttpClient client = server.CreateClient();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Png(new float[64 * 64], 64)), "image", "image.png" },
            { new ByteArrayContent("no picture"u8.ToArray()), "mask", "mask.png" },
            { new StringContent(value), field },
        };

        JsonElement problem = await client.PostAsync($"/api/v1/models/restore/restore{query}", form, Cancellation).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(65_536, problem.GetProperty("limit").GetInt64());
    }

    private static float[] Scene() =>
        [.. Enumerable.Range(0, Side * Side).Select(i => (i % Side > Side / 2 ? 0.75f : 0.25f) + (0.1f * MathF.Sin(i / Side / 6f)))];

    private static MultipartPart Noisy()
    {
        var random = new Random(1);
        return Image([.. Scene().Select(value => value + (float)(Sigma / 255 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))], Side);
    }

    private static byte[] Png(float[] grey, int width) => new PicturePlanes(width, grey.Length / width, [grey]).Png();

    private static MultipartPart Image(float[] grey, int width) => File(Png(grey, width), "image");

    private static MultipartPart Reference(float[] grey) => File(Png(grey, Side), "reference");

    private static MultipartPart Kernel(string json) => File(Encoding.UTF8.GetBytes(json), "kernel");

    private static MultipartPart File(byte[] bytes, string name) => new(name, new ByteArrayContent(bytes), $"{name}.bin");

    private static MultipartPart Field(string name, object value) => new(name, new StringContent(string.Create(CultureInfo.InvariantCulture, $"{value}")), null);

    private async Task Refused(ProblemKind kind, string detail, params MultipartPart[] parts)
    {
        JsonElement problem = await Post(parts).Problem(kind);

        Assert.Contains(detail, problem.Detail(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> Post(params MultipartPart[] parts) => Send("application/json", parts);

    private async Task<HttpResponseMessage> Send(string accept, params MultipartPart[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (MultipartPart part in parts)
        {
            if (part.FileName is { } file)
            {
                form.Add(part.Content, part.Name, file);
            }
            else
            {
                form.Add(part.Content, part.Name);
            }
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/restore/restore") { Content = form };
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        return await _client.SendAsync(request, Cancellation);
    }

    private sealed record MultipartPart(string Name, HttpContent Content, string? FileName);

    public sealed class Shared : IDisposable
    {
        private readonly FlowServer _server = new() { Shipped = ["restore"] };

        public Shared() => Client = _server.CreateClient();

        public HttpClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            _server.Dispose();
        }
    }
}
