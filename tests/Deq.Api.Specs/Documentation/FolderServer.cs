using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Documentation;

/// <summary>Serves the files of a folder, as <c>python3 -m http.server</c> does: an origin that is not the server's.</summary>
internal sealed class FolderServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FolderServer(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    public static async Task<FolderServer> Start(string folder)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder) });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FolderServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
