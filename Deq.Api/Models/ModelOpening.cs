using Deq.Api.Models.Devices;
using Deq.Api.Models.Sources;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;

namespace Deq.Api.Models;

/// <summary>Opens the bundles and starts an engine for each.</summary>
internal static class ModelOpening
{
    public static void AddModels(this WebApplicationBuilder builder)
    {
        builder.AddSettings<ModelSettings>(ModelSettings.Section);
        builder.Services.AddSingleton<EngineMetrics>();
        builder.Services.AddSingleton<ModelOpener>();
        builder.Services.AddSingleton(Open);
        builder.Services.AddSingleton<ModelLifecycle>();
        builder.Services.AddHostedService<EngineLifetime>();
        builder.Services.AddHostedService<ModelWatch>();
        builder.Services.AddSingleton<DeviceTrials>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DeviceTrials>());
        builder.AddSources();
    }

    /// <exception cref="StartupException">There are no bundles, or bundles have faults; all are listed.</exception>
    public static ModelCatalogue Open(IServiceProvider services)
    {
        ModelOpener opener = services.GetRequiredService<ModelOpener>();
        IReadOnlyList<ServedModel> models = opener.OpenAll();
        return new ModelCatalogue([.. models, .. services.GetRequiredService<CachedSources>().Open([.. models.Select(model => model.Manifest.Name)])])
        {
            Folder = opener.Folder,
            Expected = [.. services.GetRequiredService<SourceSettings>().All.Select(source => source.Name)],
        };
    }

    /// <summary>Opens the models before anything listens, so that whatever is wrong with them ends the process here.</summary>
    public static void OpenModels(this WebApplication app)
    {
        ModelCatalogue models = app.Services.GetRequiredService<ModelCatalogue>();
        string[] unreadable = models.Folder is { } root ? [.. BundleFolders.UnreadableIn(root)] : [];
        foreach (string folder in unreadable)
        {
            app.Logger.LogWarning("{Folder} cannot be read, so no model in it is served", folder);
        }

        foreach (ServedModel model in models.All)
        {
            EngineLayout layout = model.Engine.Profile.Layout;
            app.Logger.LogInformation(
                "Serving {Model} {Version} ({Sha256}) on {Threads} threads with {RowsPerThread} rows each, {IntraOpThreads} within a run",
                model.Manifest.Name, model.Manifest.Version, model.Sha256, layout.Threads, layout.RowsPerThread, layout.IntraOpThreads);
        }
    }
}
