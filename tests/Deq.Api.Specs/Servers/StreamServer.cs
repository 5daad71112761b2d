using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over a tiny flow bundle and a tiny classifier; clients are told apart by <c>X-Api-Key</c>.</summary>
internal sealed class StreamServer(TimeProvider? clock, TinyFlowOptions? options = null, params (string Key, string Value)[] settings)
    : WebApplicationFactory<Program>
{
    public const string Root = "/api/v1/streams";

    private readonly TemporaryFolder _models = new();

    public StreamServer(params (string Key, string Value)[] settings)
        : this(null, null, settings)
    {
    }

    /// <summary>Pixels per frame.</summary>
    private const double Drift = 0.2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A client with a key of its own.</summary>
    public HttpClient Caller(string key = "one")
    {
        HttpClient client = CreateClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", key);
        return client;
    }

    /// <summary>Opens a stream and gives its path.</summary>
    public static async Task<string> Open(HttpClient client, string members = "")
    {
        using HttpResponseMessage response = await client.PostAsync(Root, Json($$"""{"model":"{{TinyFlowBundle.Name}}"{{members}}}"""), Cancellation);
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Cancellation));
        return response.Headers.Location!.ToString();
    }

    public static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    /// <summary>Sends a frame.</summary>
    public static async Task<HttpResponseMessage> Send(HttpClient client, string stream, long? index, byte[] image)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, stream + "/frames") { Content = Calls.Bytes(image, "image/png") };
        if (index is { } number)
        {
            request.Headers.Add("Frame-Index", $"{number}");
        }

        return await client.SendAsync(request, Cancellation);
    }

    /// <summary>The answer to a frame, as JSON.</summary>
    public static Task<JsonElement> Ask(HttpClient client, string stream, long? index, byte[] image) => Send(client, stream, index, image).Ok();

    /// <summary>
    /// A frame of a pattern that drifts so slowly that two frames in a row pass as one: the model's flow is not that of the pictures, so a start held
    /// against these is none that it could go on from.
    /// </summary>
    /// <param name="index">The frame.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="scene">Scenes differ in their greys.</param>
    public static byte[] Frame(int index, int width = 48, int height = 32, int scene = 0)
    {
        byte[] grey = new byte[width * height];
        for (int pixel = 0; pixel < grey.Length; pixel++)
        {
            double x = (pixel % width) + (index * Drift);
            double y = pixel / width;
            double wave = Math.Sin(x / 5) * Math.Cos(y / 4);
            grey[pixel] = (byte)(scene == 0 ? 70 + (20 * wave) : 220 + (30 * Math.Sin(y / 2)));
        }

        return Pictures.Png(grey, width);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyFlowBundle.Write(_models[TinyFlowBundle.Name], options);
        TinyBundle.Write(_models["tiny"]);
        builder.UseSetting("Models:Directory", _models.Path);
        builder.UseSetting("Limits:ClientHeader", "X-Api-Key");
        builder.UseSetting("Engine:Threads", "2");
        builder.UseSetting("Engine:RowsPerThread", "2");
        foreach ((string key, string value) in settings)
        {
            builder.UseSetting(key, value);
        }

        if (clock is not null)
        {
            builder.ConfigureTestServices(services => services.AddSingleton(clock));
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Directory.Exists(_models.Path))
        {
            _models.Dispose();
        }
    }
}
