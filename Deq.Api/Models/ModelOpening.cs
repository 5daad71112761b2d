using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling;

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
            [.. bundles.Select(bundle => new ServedModel(
                bundle.Manifest, bundle.Sha256, new InferenceEngine(bundle.Manifest.Name, bundle.Model, settings.Engine, clock, metrics)))],
            bundles);
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
