using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over a bundle on disk named <c>tiny</c>.</summary>
internal sealed class BundleServer(TinyBundleOptions? options = null, params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    public const string Classify = "/api/v1/models/tiny/classify";

    private readonly TemporaryFolder _models = new();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyBundle.Write(_models["tiny"], options);
        builder.UseSetting("Models:Directory", _models.Path);
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
