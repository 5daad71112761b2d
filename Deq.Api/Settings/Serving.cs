using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Scheduling.Layouts;
using Microsoft.AspNetCore.Connections;

namespace Deq.Api.Settings;

/// <summary>What the server is made of.</summary>
internal static class Serving
{
    /// <summary>Bytes of a body where no endpoint takes one.</summary>
    private const int UnaskedBodyBytes = 64 << 10;

    private const string DefaultAddress = "http://127.0.0.1:8080";

    public static void AddServing(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => ServerSettings.Read(services.GetRequiredService<IConfiguration>()));
        builder.Services.AddSingleton(services => services.GetRequiredService<ServerSettings>().Limits);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<HeldBodies>();
        builder.Services.AddSingleton<PayloadReader>();
        builder.Services.AddSingleton<AnswerPath>();
        builder.Services.AddSingleton(ModelOpening.Open);
        builder.Services.AddSingleton<BudgetCatalog>();
        builder.Services.AddHostedService<EngineLifetime>();
        builder.AddStreams();
    }

    /// <summary>Listens on the loopback address unless something says otherwise; tells nobody what it is made with.</summary>
    public static void ConfigureWebServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = UnaskedBodyBytes;
            ClientConnection.Watch(kestrel);
        });

        // What arrives is handled on the thread of the pool that received it, and what leaves is sent by the thread that wrote it: every hand-over
        // between the two would wake a thread. Handlers only parse and wait, so they hold nobody up.
        // A connection holds a block only while bytes are there.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionBlocks>();
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        string[] addresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
        bool isAddressed = addresses.Any(key => !string.IsNullOrEmpty(builder.Configuration[key]))
            || builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        if (!isAddressed)
        {
            builder.WebHost.UseUrls(DefaultAddress);
        }
    }

    /// <summary>Opens settings and models before anything listens, so that whatever is wrong with them ends the process here.</summary>
    public static void OpenModels(this WebApplication app)
    {
        ModelCatalog models = app.Services.GetRequiredService<ModelCatalog>();
        app.Services.GetRequiredService<BudgetCatalog>();
        app.Services.GetRequiredService<StatisticsListener>();
        app.Services.GetRequiredService<ApiMetrics>().Observe(models);
        app.Services.GetRequiredService<StreamMetrics>().Observe(app.Services.GetRequiredService<IStreamStore>());
        foreach (ServedModel model in models.All)
        {
            EngineLayout layout = model.Engine.Profile.Layout;
            app.Logger.LogInformation(
                "Serving {Model} {Version} ({Sha256}) on {Threads} threads with {RowsPerThread} rows each, {IntraOpThreads} within a run",
                model.Manifest.Name, model.Manifest.Version, model.Sha256, layout.Threads, layout.RowsPerThread, layout.IntraOpThreads);
        }
    }
}
