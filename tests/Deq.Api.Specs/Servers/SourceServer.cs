using System.Collections.Concurrent;
using System.Security.Cryptography;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Servers;

/// <summary>A web server on the loopback address that has one tiny bundle, and answers as a spec wants it to.</summary>
internal sealed class SourceServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly WebApplication _app;

    private SourceServer(string name)
    {
        TinyBundle.Write(_folder["bundle"], new TinyBundleOptions { Name = name });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Answers instead of the bundle's file, given its path and how often it was asked for; null: the file.</summary>
    public Func<string, int, Func<HttpContext, byte[], Task>?> Fault { get; set; } = (_, _) => null;

    /// <summary>The query of the last request.</summary>
    public string Query { get; private set; } = "";

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Read("manifest.json")));

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/bundles/some%20bundles/far/";

    /// <summary>How many requests there were.</summary>
    public int Asked => _asked.Values.Sum();

    public static async Task<SourceServer> Start(string name = "far")
    {
        var server = new SourceServer(name);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>How often a file was asked for.</summary>
    public int AskedFor(string path) => _asked.GetValueOrDefault(path);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    public static async Task Half(HttpContext http, byte[] file)
    {
        http.Response.ContentLength = file.Length;
        await http.Response.Body.WriteAsync(file.AsMemory(0, file.Length / 2));
        await http.Response.Body.FlushAsync();
        http.Abort();
    }

    public static Task Nothing(HttpContext http, byte[] file) => Task.Delay(Timeout.Infinite, http.RequestAborted);

    public static Func<HttpContext, byte[], Task> Status(int status) => (http, _) =>
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public static Func<HttpContext, byte[], Task> Redirect(string location) => (http, _) =>
    {
        http.Response.StatusCode = 302;
        http.Response.Headers.Location = location;
        return Task.CompletedTask;
    };

    private byte[] Read(string path) => File.ReadAllBytes(Path.Combine(_folder["bundle"], path));

    private async Task AnswerAsync(HttpContext http)
    {
        string path = http.Request.Path.Value!.Replace("/bundles/some bundles/far/", "", StringComparison.Ordinal);
        int asked = _asked.AddOrUpdate(path, 1, (_, before) => before + 1);
        Query = http.Request.QueryString.Value ?? "";
        byte[] file = Read(path);
        if (Fault(path, asked) is { } fault)
        {
            await fault(http, file);
        }
        else
        {
            await http.Response.Body.WriteAsync(file);
        }
    }
}
