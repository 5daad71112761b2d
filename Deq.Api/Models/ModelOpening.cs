using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
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
        builder.Services.AddSingleton(Open);
        builder.Services.AddHostedService<EngineLifetime>();
    }

    /// <exception cref="StartupException">There are no bundles, or bundles have faults; all are listed.</exception>
    public static ModelCatalogue Open(IServiceProvider services)
    {
        ModelSettings settings = services.GetRequiredService<ModelSettings>();
        TimeProvider clock = services.GetRequiredService<TimeProvider>();
        EngineMetrics metrics = services.GetRequiredService<EngineMetrics>();
        if (DeviceCheck.FaultOf(settings.Execution) is { } fault)
        {
            throw new StartupException(fault);
        }

        string contentRoot = services.GetRequiredService<IHostEnvironment>().ContentRootPath;
        string folder = ModelFolder.Find(settings.Directory, [contentRoot, Directory.GetCurrentDirectory(), AppContext.BaseDirectory]);
        IReadOnlyList<ModelBundle> bundles = OpenAll(folder, settings);
        return new ModelCatalogue(
            [.. bundles.Select(bundle => new ServedModel(bundle.Manifest, bundle.Sha256, Start(bundle, settings.Engine, clock, metrics)))],
            bundles)
        {
            Folder = folder,
        };
    }

    /// <summary>In the layout that is best by measurement, unless the operator gave one; sessions that only served to measure are closed again.</summary>
    private static InferenceEngine Start(ModelBundle bundle, EngineOptions options, TimeProvider clock, EngineMetrics metrics)
    {
        var engine = InferenceEngine.Open(bundle.Manifest.Name, bundle.Sha256, bundle.ModelWith, options, clock, metrics);
        bundle.CloseOthersThan(engine.Profile.Layout.IntraOpThreads);
        return engine;
    }

    private static IReadOnlyList<ModelBundle> OpenAll(string folder, ModelSettings settings)
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

    /// <summary>Opens the models before anything listens, so that whatever is wrong with them ends the process here.</summary>
    public static void OpenModels(this WebApplication app)
    {
        foreach (ServedModel model in app.Services.GetRequiredService<ModelCatalogue>().All)
        {
            EngineLayout layout = model.Engine.Profile.Layout;
            app.Logger.LogInformation(
                "Serving {Model} {Version} ({Sha256}) on {Threads} threads with {RowsPerThread} rows each, {IntraOpThreads} within a run",
                model.Manifest.Name, model.Manifest.Version, model.Sha256, layout.Threads, layout.RowsPerThread, layout.IntraOpThreads);
        }
    }
}
