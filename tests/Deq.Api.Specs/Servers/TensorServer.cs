using Deq.Api.Models;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Tasks;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over bundles of a classifier and of a flow estimator, and NVIDIA's example model <c>simple</c>.</summary>
internal sealed class TensorServer(params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    public const string Simple = $"/v2/models/{ServedSimple.Model}";

    private readonly TemporaryFolder _models = new();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        TinyBundle.Write(_models["tiny"]);
        TinyFlowBundle.Write(_models[TinyFlowBundle.Name]);
        builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
        builder.UseSetting("Models:Directory", _models.Path);
        builder.UseSetting("Engine:Threads", "2");
        builder.UseSetting("Engine:RowsPerThread", "4");
        foreach ((string key, string value) in settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<IServedTask, ServedSimple>();
            services.AddSingleton(provider =>
            {
                ModelCatalogue models = ModelOpening.Open(provider);
                return new ModelCatalogue([.. models.All, ServedSimple.Served(provider.GetRequiredService<EngineMetrics>())]);
            });
        });
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
