using Deq.Api.Specs.Clients;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Servers;

/// <summary>A server of tiny models whose pages the specs of a class visit: what one visitor does changes nothing for the next.</summary>
public sealed class PageServer : IAsyncLifetime
{
    private readonly TemporaryFolder _models = new();
    private ServerProcess? _server;
    private Uri? _address;

    public async ValueTask InitializeAsync()
    {
        TinyFlowBundle.Write(_models["flow"], new() { MostPixels = 1 << 20 });
        TinyBundle.Write(_models["tiny"]);
        (_server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={_models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        _address = client.BaseAddress;
        client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _models.Dispose();
    }

    /// <summary>Opens a page; skips the spec where there is no Chromium.</summary>
    internal Task<Browser> Open(string path) => Browser.Open(new Uri(_address!, path));

    /// <summary>Opens the start page and waits until it is ready, with nothing begun.</summary>
    internal async Task<Browser> OpenStill()
    {
        Browser browser = await Open("/#still");
        await browser.Evaluate("new Promise(resolve => { const look = () => document.body?.dataset.state === 'ready' ? resolve() : setTimeout(look, 20); look(); })");
        return browser;
    }
}
