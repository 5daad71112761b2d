using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over the repository's reasoners and a classifier <c>tiny</c>.</summary>
/// <param name="settings">Of the server.</param>
internal sealed class ReasoningServer(params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    private static readonly string[] s_models = ["prefix-sum", "maze", "sudoku"];
    private readonly TemporaryFolder _models = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Copies a model of the repository into a folder that is made.</summary>
    public static void Copy(string name, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Repository.Folder("models", name)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }

    /// <summary>Asks a model with a JSON body.</summary>
    public static Task<HttpResponseMessage> Post(HttpClient client, string model, string json, string query = "") =>
        Post(client, model, new StringContent(json, Encoding.UTF8, "application/json"), query);

    /// <summary>Asks a model with the JSON of an object.</summary>
    public static Task<HttpResponseMessage> Post(HttpClient client, string model, object body) => Post(client, model, JsonSerializer.Serialize(body));

    /// <summary>Asks a model.</summary>
    public static Task<HttpResponseMessage> Post(HttpClient client, string model, HttpContent body, string query = "") =>
        client.PostAsync($"/api/v1/models/{model}/reason{query}", body, Cancellation);

    /// <summary>Asks a model for events and reads them all, each with its type.</summary>
    public static async Task<(string Type, JsonElement Data)[]> Events(HttpClient client, string model, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/models/{model}/reason")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var events = new List<(string, JsonElement)>();
        await using Stream stream = await response.Content.ReadAsStreamAsync(Cancellation);
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(Cancellation))
        {
            events.Add((item.EventType, JsonElement.Parse(item.Data)));
        }

        return [.. events];
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyBundle.Write(_models["tiny"]);
        foreach (string name in s_models)
        {
            Copy(name, _models[name]);
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
