using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using static Deq.Api.Specs.Clients.Calls;
using static Deq.Api.Specs.Clients.Pictures;

namespace Deq.Api.Specs.Tasks.Classification;

public sealed class ClassifierSpecs
{
    private const int Side = TinyBundle.Side;

    private static readonly byte[] s_grey = Grey(Side, Side, seed: 5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_the_same_however_the_image_is_sent()
    {
        using var server = new BundleServer();
        using HttpClient client = server.CreateClient();

        string png = await Predictions(client, Bytes(Png(s_grey, Side), "image/png"));
        string webp = await Predictions(client, Bytes(LosslessWebp(s_grey, Side), "image/webp"));
        string misnamed = await Predictions(client, Bytes(Png(s_grey, Side), "image/jpeg"));
        string form = await Predictions(client, new MultipartFormDataContent { { new ByteArrayContent(Png(s_grey, Side)), "image", "a.png" } });
        JsonElement tensor = await client.PostAsync(
            BundleServer.Classify, Tensor("1,8,8", [.. s_grey.Select(value => value / 255f)]), Cancellation).Ok();

        Assert.Equal([png, png, png], [webp, misnamed, form]);
        JsonElement[] expected = [.. JsonElement.Parse(png).EnumerateArray()];
        Assert.All(tensor.GetProperty("predictions").EnumerateArray(), (prediction, i) =>
        {
            Assert.Equal(expected[i].GetProperty("index").GetInt32(), prediction.GetProperty("index").GetInt32());
            Assert.Equal(expected[i].GetProperty("probability").GetDouble(), prediction.GetProperty("probability").GetDouble(), 1e-5);
        });
    }

    [Fact]
    public async Task Takes_an_image_of_any_size_and_of_each_format()
    {
        using var server = new BundleServer();
        using HttpClient client = server.CreateClient();

        JsonElement tiny = await client.PostAsync(BundleServer.Classify, Bytes(Png([7], 1), "image/png"), Cancellation).Ok();
        JsonElement wide = await client.PostAsync(BundleServer.Classify, Bytes(Jpeg(Grey(301, 7, seed: 1), 301), "image/jpeg"), Cancellation).Ok();

        Assert.Equal(4, tiny.Labels().Length);
        Assert.Equal(1, wide.GetProperty("predictions").EnumerateArray().Sum(each => each.GetProperty("probability").GetDouble()), 1e-9);
    }

    [Fact]
    public async Task Answers_several_images_in_order_as_it_answers_each_alone()
    {
        using var server = new BundleServer();
        using HttpClient client = server.CreateClient();
        byte[][] images = [Png(s_grey, Side), Jpeg(Grey(40, 30, seed: 2), 40), LosslessWebp(Grey(3, 90, seed: 3), 3), Png(Plain(20, 20, 128), 20)];
        using var form = new MultipartFormDataContent { { new StringContent("2"), "top" } };
        foreach (byte[] image in images)
        {
            form.Add(new ByteArrayContent(image), "image", "image");
        }

        JsonElement together = await client.PostAsync(BundleServer.Classify, form, Cancellation).Ok();

        Assert.Equal(images.Length, together.GetProperty("results").GetArrayLength());
        for (int i = 0; i < images.Length; i++)
        {
            JsonElement alone = await client.PostAsync(BundleServer.Classify + "?top=2", Bytes(images[i], "image/png"), Cancellation).Ok();
            JsonElement result = together.GetProperty("results")[i];
            Assert.Equal(alone.Labels(), result.Labels());
            Assert.Equal(
                alone.GetProperty("predictions")[0].GetProperty("probability").GetDouble(),
                result.GetProperty("predictions")[0].GetProperty("probability").GetDouble(),
                1e-4);
        }
    }

    [Fact]
    public async Task Answers_the_model_s_output_where_it_is_asked_for()
    {
        using var server = new BundleServer();
        using HttpClient client = server.CreateClient();
        using MultipartFormDataContent form = new()
        {
            { new StringContent("true"), "logits" }, { new ByteArrayContent(Png(s_grey, Side)), "image", "a" }, { new ByteArrayContent(Png([7], 1)), "image", "b" },
        };

        JsonElement plain = await client.PostAsync(BundleServer.Classify, Bytes(Png(s_grey, Side), "image/png"), Cancellation).Ok();
        JsonElement asked = await client.PostAsync(BundleServer.Classify + "?logits=true&top=1", Bytes(Png(s_grey, Side), "image/png"), Cancellation).Ok();
        JsonElement several = await client.PostAsync(BundleServer.Classify, form, Cancellation).Ok();
        JsonElement refused = await client.PostAsync(BundleServer.Classify + "?logits=all", Bytes(Png(s_grey, Side), "image/png"), Cancellation)
            .Problem(ProblemKinds.InvalidParameter);

        Assert.False(plain.TryGetProperty("logits", out _));
        double[] weights = [.. asked.GetProperty("logits").EnumerateArray().Select(logit => Math.Exp(logit.GetDouble()))];
        Assert.Equal(4, weights.Length);
        Assert.All(plain.GetProperty("predictions").EnumerateArray(), prediction => Assert.Equal(
            prediction.GetProperty("probability").GetDouble(), weights[prediction.GetProperty("index").GetInt32()] / weights.Sum(), 1e-5));
        Assert.All(several.GetProperty("results").EnumerateArray(), result => Assert.Equal(4, result.GetProperty("logits").GetArrayLength()));
        Assert.Contains("true or false", refused.Detail());
    }

    [Fact]
    public async Task Refuses_bytes_that_are_no_image_it_reads()
    {
        using var server = new BundleServer();
        using HttpClient client = server.CreateClient();

        JsonElement foreign = await Post(client, "GIF89a and so on"u8.ToArray()).Problem(ProblemKinds.UnsupportedImage);
        JsonElement torn = await Post(client, Png(Grey(64, 64, seed: 1), 64)[..^200]).Problem(ProblemKinds.UnreadableImage);

        Assert.Contains("neither PNG nor JPEG nor WebP", foreign.Detail());
        Assert.Contains("truncated", torn.Detail());
    }

    [Fact]
    public async Task Refuses_images_beyond_its_limits_and_names_the_limit()
    {
        using var server = new BundleServer(null, ("Limits:ImageWidth", "50"), ("Limits:ImageHeight", "40"), ("Limits:ImagePixels", "1500"));
        using HttpClient client = server.CreateClient();

        JsonElement wide = await Post(client, Png(Plain(51, 1, 0), 51)).Problem(ProblemKinds.ImageTooLarge);
        JsonElement high = await Post(client, Png(Plain(1, 41, 0), 1)).Problem(ProblemKinds.ImageTooLarge);
        JsonElement large = await Post(client, Png(Plain(50, 40, 0), 50)).Problem(ProblemKinds.ImageTooLarge);

        Assert.Contains("the most is 50", wide.Detail());
        Assert.Contains("the most is 40", high.Detail());
        Assert.Contains("the most is 1500", large.Detail());
    }

    [Fact]
    public async Task Refuses_an_image_that_takes_too_long_to_decode()
    {
        using var server = new BundleServer(null, ("Limits:DecodeMs", "1"));

        JsonElement slow = await Post(server.CreateClient(), Png(Grey(2000, 2000, seed: 1), 2000)).Problem(ProblemKinds.ImageTooSlow);

        Assert.Contains("longer to decode than 1 ms", slow.Detail());
    }

    [Fact]
    public async Task Names_the_one_image_of_several_that_is_at_fault()
    {
        using var server = new BundleServer();
        using MultipartFormDataContent form = new()
        {
            { new ByteArrayContent(Png(s_grey, Side)), "image", "good.png" },
            { new ByteArrayContent("bad"u8.ToArray()), "image", "bad.png" },
        };

        JsonElement problem = await server.CreateClient().PostAsync(BundleServer.Classify, form, Cancellation).Problem(ProblemKinds.UnsupportedImage);

        Assert.StartsWith("Image 2 of 2: ", problem.Detail());
        Assert.Equal(1, problem.GetProperty("image").GetInt32());
    }

    [Fact]
    public async Task Reports_a_solve_without_a_finite_number_and_goes_on_with_the_next()
    {
        using var server = new BundleServer(new TinyBundleOptions { FailsAboveMean = 0.5 });
        using HttpClient client = server.CreateClient();

        await Post(client, Png(Plain(Side, Side, 250), Side)).Problem(ProblemKinds.Diverged);
        JsonElement dark = await Post(client, Png(Plain(Side, Side, 5), Side)).Ok();

        Assert.True(dark.Solve().GetProperty("converged").GetBoolean());
    }

    private static Task<HttpResponseMessage> Post(HttpClient client, byte[] image) =>
        client.PostAsync(BundleServer.Classify, Bytes(image, "image/png"), Cancellation);

    private static async Task<string> Predictions(HttpClient client, HttpContent image) =>
        (await client.PostAsync(BundleServer.Classify, image, Cancellation).Ok()).GetProperty("predictions").ToString();
}
