using Deq.Api.Models.Devices;
using Deq.Api.Models.Sources;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;

namespace Deq.Api.Models;

/// <summary>Opens bundles and starts an engine for each.</summary>
internal sealed class ModelOpener
{
    private readonly ModelSettings _settings;
    private readonly TimeProvider _clock;
    private readonly EngineMetrics _metrics;
    private readonly JointModelOf[] _joints;
    private readonly EndRequest _end;
    private readonly ILogger _logger;

    /// <exception cref="StartupException">The device cannot be used, or there is no folder of bundles.</exception>
    public ModelOpener(
        ModelSettings settings, SourceSettings sources, TimeProvider clock, EngineMetrics metrics, IEnumerable<JointModelOf> joints, EndRequest end, IHostEnvironment host, ILogger<DeviceCircuit> logger)
    {
        (_settings, _clock, _metrics, _joints, _end, _logger) = (settings, clock, metrics, [.. joints], end, logger);
        if (DeviceCheck.FaultOf(settings.Execution) is { } fault)
        {
            throw new StartupException(fault);
        }

        Folder = ModelFolder.Find(settings.Directory, [host.ContentRootPath, Directory.GetCurrentDirectory(), AppContext.BaseDirectory], mayBeEmpty: sources.All.Count > 0);
    }

    /// <summary>The folder with one folder for each bundle; null: every model is from elsewhere.</summary>
    public string? Folder { get; }

    /// <summary>
    /// The bundles of the folder whose manifests can be read, one for each model: of several versions the one that is served. None where the folder is gone or cannot be read:
    /// what is served can be listed all the same, and sources can be loaded.
    /// </summary>
    public IReadOnlyList<BundleFolder> Bundles
    {
        get
        {
            try
            {
                return WithoutFault(Found);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }

    /// <summary>The bundles of the folder, also those whose manifests cannot be read.</summary>
    /// <exception cref="IOException">The folder is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public IReadOnlyList<BundleFolder> Found => ModelFolder.BundlesIn(Folder, _settings.Versions);

    /// <summary>The bundles that there were when <see cref="OpenAll"/> began; what has changed since is not what was opened.</summary>
    public IReadOnlyList<BundleFolder> Opened { get; private set; } = [];

    /// <summary>Every model of the folder.</summary>
    /// <exception cref="StartupException">Bundles have faults; all are listed.</exception>
    /// <exception cref="OperationCanceledException">The process was asked to end meanwhile.</exception>
    public IReadOnlyList<ServedModel> OpenAll()
    {
        Opened = WithoutFault(Found);
        if (Folder is null || !ModelFolder.HoldsBundle(Folder))
        {
            if (_settings.Versions.Count > 0)
            {
                throw new StartupException([.. _settings.Versions.Keys.Select(name => $"Models:Versions:{name} names a version, and no folder of models has any.")]);
            }

            return [];
        }

        try
        {
            return StartAll(ModelDirectory.OpenAll(Folder, _settings.Execution, _settings.Versions, ended: _end.Asked));
        }
        catch (BundleException faults)
        {
            throw new StartupException([.. Sentences(faults)]);
        }
    }

    /// <summary>The model of one folder. Takes as long as its trial run and the measurement of its layout.</summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="checks">What else the server wants of a model before its engine is started.</param>
    /// <param name="sha256">The hash that the bundle must have: what names it elsewhere. Default null: any.</param>
    /// <exception cref="BundleException">The bundle has faults, is not the one named, or a check found faults.</exception>
    public ServedModel Open(string folder, IEnumerable<ModelCheck> checks, string? sha256 = null)
    {
        var bundle = ModelBundle.Open(folder, _settings.Execution);
        try
        {
            if (sha256 is not null && bundle.Sha256 != sha256)
            {
                throw new BundleException(folder, [$"its {ModelBundle.ManifestFile} has the SHA-256 {bundle.Sha256} and not {sha256}: it was exchanged since it was fetched."]);
            }

            string[] faults = [.. checks.SelectMany(check => check(bundle.Manifest))];
            if (faults.Length > 0)
            {
                throw new BundleException(folder, faults);
            }
        }
        catch
        {
            bundle.Dispose();
            throw;
        }

        return Start(bundle);
    }

    private static BundleFolder[] WithoutFault(IReadOnlyList<BundleFolder> found) => [.. found.Where(bundle => bundle.Fault is null)];

    private static IEnumerable<string> Sentences(BundleException faults) => faults.Faults.Select(fault => $"{faults.Directory}: {fault}");

    /// <summary>Starts the engine of every bundle, and what cannot be started is named together.</summary>
    private List<ServedModel> StartAll(IReadOnlyList<ModelBundle> bundles)
    {
        List<ServedModel> started = [];
        List<string> faults = [];
        foreach (ModelBundle bundle in bundles)
        {
            _end.Asked.ThrowIfCancellationRequested();
            try
            {
                started.Add(Start(bundle));
            }
            catch (BundleException fault)
            {
                faults.AddRange(Sentences(fault));
            }
        }

        return faults.Count == 0 ? started : throw new StartupException(faults);
    }

    /// <summary>Starts the engine of a bundle. Where that fails nothing of it stays open.</summary>
    /// <exception cref="BundleException">The engine cannot be started, for instance for want of memory on a device, or the bundle has changed since it was opened.</exception>
    private ServedModel Start(ModelBundle bundle)
    {
        StandbyBundle? standby = _settings.Execution.Device == ExecutionOptions.Cpu ? null : new StandbyBundle(bundle, _settings.Execution, _clock, _logger);
        InferenceEngine? engine = null;
        StandbyModel? guarded = null;
        try
        {
            engine = InferenceEngine.Open(bundle.Manifest.Name, bundle.Sha256, ModelWith, _settings.Engine, _clock, _metrics);
            return Serve(bundle, standby, engine, guarded);
        }
        catch (Exception fault)
        {
            _ = CloseAsync(engine, (IDisposable?)standby ?? bundle);
            if (fault is BundleException)
            {
                throw;
            }

            throw new BundleException(bundle.Directory, [$"its engine cannot be started: {fault.GetBaseException().Message.ReplaceLineEndings(" ")}"]);
        }

        // The engine runs the one that it asks for last.
        IEquilibriumModel ModelWith(int threads) => standby is null
            ? bundle.ModelWith(threads)
            : guarded = standby.Over(bundle.ModelWith(threads), model => model);
    }

    /// <summary>Closes a bundle, once the threads of its engine have ended where it has one: nothing was asked of them yet.</summary>
    private static async Task CloseAsync(InferenceEngine? engine, IDisposable bundle)
    {
        try
        {
            if (engine is not null)
            {
                await engine.StopAsync(new CancellationToken(canceled: true));
            }
        }
        finally
        {
            bundle.Dispose();
        }
    }

    /// <summary>In the layout that is best by measurement, unless the operator gave one; sessions that only served to measure are closed again.</summary>
    private ServedModel Serve(ModelBundle bundle, StandbyBundle? standby, InferenceEngine engine, StandbyModel? guarded)
    {
        EngineLayout layout = engine.Profile.Layout;
        if (engine.Profile.IsCacheDoubted)
        {
            _logger.LogWarning("The file in Engine:CacheDirectory of what layouts of {Model} cost cannot be used, so they were measured anew", bundle.Manifest.Name);
        }

        bundle.CloseOthersThan(layout.IntraOpThreads);
        standby?.Watch(layout.Threads);
        return new ServedModel(bundle.Manifest, bundle.Sha256, engine)
        {
            Bundle = (IDisposable?)standby ?? bundle,
            Standby = guarded,
            Joint = StartJoint(bundle, standby, layout),
            Number = Folder is null ? null : BundleFolders.VersionIn(bundle.Directory, Folder),
        };
    }

    /// <summary>Joint inference in the layout of the model's own engine: its graphs are the same ones and some more.</summary>
    private InferenceEngine? StartJoint(ModelBundle bundle, StandbyBundle? standby, EngineLayout layout)
    {
        OnnxModel model = bundle.ModelWith(layout.IntraOpThreads);
        EngineOptions options = _settings.Engine with { Threads = layout.Threads, RowsPerThread = layout.RowsPerThread, IntraOpThreads = layout.IntraOpThreads };
        return model.HasJointGraphs && JointOf(model) is { } found
            ? new InferenceEngine(ServedModel.JointNameOf(bundle.Manifest), standby?.Over(model, host => JointOf(host)!) ?? found, options, _clock, _metrics)
            : null;

        IEquilibriumModel? JointOf(OnnxModel whole) => _joints.Select(joint => joint(bundle.Manifest, whole)).FirstOrDefault(joint => joint is not null);
    }
}

/// <summary>What the server wants of a model beside what its bundle promises: every fault, one sentence each.</summary>
internal delegate IEnumerable<string> ModelCheck(ModelManifest manifest);

/// <summary>What joint inference solves on a model; null where its task has no use for it.</summary>
/// <param name="manifest">What the model promises.</param>
/// <param name="model">One with the graphs of joint inference.</param>
internal delegate IEquilibriumModel? JointModelOf(ModelManifest manifest, OnnxModel model);
