using System.Net.Http.Headers;
using Deq.Api.Specs.Clients;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over two bundles on disk: a flow estimator <c>tiny-flow</c> and a classifier <c>tiny</c>.</summary>
internal sealed class FlowServer(TinyFlowOptions? options = null, params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    public const string Flow = $"/api/v1/models/{TinyFlowBundle.Name}/flow";

    private readonly TemporaryFolder _models = new();

    /// <summary>Names of models of the repository that are served as well. Default none.</summary>
    public IReadOnlyList<string> Shipped { get; init; } = [];

    /// <summary>A form with two frames.</summary>
    public static MultipartFormDataContent Form(byte[] first, byte[] second) => new()
    {
        { new ByteArrayContent(first), "frame1", "1.png" },
        { new ByteArrayContent(second), "frame2", "2.png" },
    };

    /// <summary>Two frames of noise of a size.</summary>
    public static MultipartFormDataContent Noise(int width, int height, int seed = 1) => Form(
        Pictures.Png(Pictures.Grey(width, height, seed), width), Pictures.Png(Pictures.Grey(width, height, seed + 1000), width));

    /// <summary>Asks for an answer of a type.</summary>
    public static async Task<HttpResponseMessage> Post(HttpClient client, HttpContent form, string accept = "application/json", string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Flow + query) { Content = form };
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyFlowBundle.Write(_models[TinyFlowBundle.Name], options);
        TinyBundle.Write(_models["tiny"]);
        foreach (string name in Shipped)
        {
            ReasoningServer.Copy(name, _models[name]);
        }

        builder.UseSetting("Models:Directory", _models.Path);
        builder.UseSetting("Engine:Threads", "2");
        builder.UseSetting("Engine:RowsPerThread", "4");
        foreach ((string key, string value) in settings)
        {
            builder.UseSetting(key, value);
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
