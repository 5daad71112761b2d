using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Models;

/// <summary>Opens the bundles and starts an engine for each.</summary>
internal static class ModelOpening
{
    /// <exception cref="StartupException">There are no bundles, or bundles have faults; all are listed.</exception>
    public static ModelCatalog Open(IServiceProvider services)
    {
        ServerSettings settings = services.GetRequiredService<ServerSettings>();
        TimeProvider clock = services.GetRequiredService<TimeProvider>();
        EngineMetrics metrics = services.GetRequiredService<EngineMetrics>();
        string contentRoot = services.GetRequiredService<IHostEnvironment>().ContentRootPath;
        string folder = ModelFolder.Find(settings.ModelsDirectory, [contentRoot, Directory.GetCurrentDirectory(), AppContext.BaseDirectory]);
        IReadOnlyList<ModelBundle> bundles = OpenAll(folder, settings);
        return new ModelCatalog(
            [.. bundles.Select(bundle => new ServedModel(bundle.Manifest, bundle.Sha256, Start(bundle, settings.Engine, clock, metrics)))],
            bundles);
    }

    /// <summary>In the layout that is best by measurement, unless the operator gave one; sessions that only served to measure are closed again.</summary>
    private static InferenceEngine Start(ModelBundle bundle, EngineOptions options, TimeProvider clock, EngineMetrics metrics)
    {
        var engine = InferenceEngine.Open(bundle.Manifest.Name, bundle.Sha256, bundle.ModelWith, options, clock, metrics);
        bundle.CloseOthersThan(engine.Profile.Layout.IntraOpThreads);
        return engine;
    }

    private static IReadOnlyList<ModelBundle> OpenAll(string folder, ServerSettings settings)
    {
        try
        {
            return ModelDirectory.OpenAll(folder, settings.Execution);
        }
        catch (BundleException faults)
        {
            throw new StartupException([.. faults.Faults.Select(fault => $"{faults.Directory}: {fault}")]);
        }
    }
}
