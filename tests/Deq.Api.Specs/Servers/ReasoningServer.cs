using System.Text;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over the repository's reasoners and a classifier <c>tiny</c>.</summary>
internal sealed class ReasoningServer : WebApplicationFactory<Program>
{
    private readonly TemporaryFolder _models = new();

    /// <summary>Asks a model, with a JSON body.</summary>
    public static Task<HttpResponseMessage> Post(HttpClient client, string model, string json, string query = "") =>
        Post(client, model, new StringContent(json, Encoding.UTF8, "application/json"), query);

    /// <summary>Asks a model.</summary>
    public static Task<HttpResponseMessage> Post(HttpClient client, string model, HttpContent body, string query = "") =>
        client.PostAsync($"/api/v1/models/{model}/reason{query}", body, TestContext.Current.CancellationToken);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyBundle.Write(_models["tiny"]);
        foreach (string name in (string[])["prefix-sum", "maze", "sudoku"])
        {
            string target = _models[name];
            Directory.CreateDirectory(target);
            foreach (string file in Directory.GetFiles(Repository.Folder("models", name)))
            {
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
            }
        }

        builder.UseSetting("Models:Directory", _models.Path);
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
