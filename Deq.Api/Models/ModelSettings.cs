using Deq.Api.Access;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Models;

/// <summary>Where models are and how their engines run.</summary>
internal sealed record ModelSettings
{
    private const string Iteration = "iteration";
    private const string Static = "static";
    private const string VersionsSection = "Models:Versions";

    public static SettingsSection Section { get; } = SettingsSection.Of(Read, "Models", "Engine", "Execution");

    /// <summary>The folder of model bundles; null means: look for one.</summary>
    public required string? Directory { get; init; }

    /// <summary>The version to serve of a model that has several, by its folder; of others the highest.</summary>
    public required IReadOnlyDictionary<string, int> Versions { get; init; }

    /// <summary>Whether models may be loaded and unloaded by requests.</summary>
    public required bool AllowsLoading { get; init; }

    /// <summary>How often the folder is looked at for bundles that have come, changed or gone; null: never.</summary>
    public required TimeSpan? WatchEvery { get; init; }

    public required EngineOptions Engine { get; init; }

    public required ExecutionOptions Execution { get; init; }

    private static ModelSettings Read(ServerSettings settings, SettingsReader reader)
    {
        int? intraOpThreads = reader.OptionalInteger("Execution:IntraOpThreads", 1, 1024);
        var models = new ModelSettings
        {
            Directory = reader.Text("Models:Directory"),
            Versions = reader.Children(VersionsSection).ToDictionary(
                name => name, name => reader.Integer($"{VersionsSection}:{name}", 1, 1, int.MaxValue), StringComparer.Ordinal),
            AllowsLoading = reader.Flag("Models:AllowLoading", false),
            WatchEvery = reader.OptionalMilliseconds("Models:WatchMs"),
            Engine = ReadEngine(reader, intraOpThreads),
            Execution = new ExecutionOptions
            {
                Device = reader.Choice("Execution:Device", ExecutionOptions.Cpu, [ExecutionOptions.Cpu, ExecutionOptions.Cuda]),
                DeviceId = reader.Integer("Execution:DeviceId", 0, 0, 1023),
                IntraOpThreads = intraOpThreads ?? new ExecutionOptions().IntraOpThreads,
            },
        };
        if (models.AllowsLoading && !settings.Of<AccessSettings>().IsOn)
        {
            reader.Contradict("Models:AllowLoading is true and nothing of Access is set; any client that reaches the server could unload its models.");
        }

        int images = settings.Of<RequestLimits>().Images;
        if (images > models.Engine.QueueCapacity)
        {
            reader.Contradict($"Limits:Images is {images} and Engine:QueueCapacity {models.Engine.QueueCapacity}; a full request could never be queued.");
        }

        return models;
    }

    private static EngineOptions ReadEngine(SettingsReader reader, int? intraOpThreads)
    {
        var engine = new EngineOptions();
        return new EngineOptions
        {
            Threads = reader.OptionalInteger("Engine:Threads", 1, EngineOptions.Most),
            RowsPerThread = reader.OptionalInteger("Engine:RowsPerThread", 1, EngineOptions.Most),
            IntraOpThreads = intraOpThreads,
            QueueCapacity = reader.Integer("Engine:QueueCapacity", engine.QueueCapacity, 1, EngineOptions.MostQueued),
            MaxQueueTime = reader.Milliseconds("Engine:MaxQueueMs", engine.MaxQueueTime),
            NormalPriorityMaxWait = reader.Milliseconds("Engine:NormalPriorityMaxWaitMs", engine.NormalPriorityMaxWait),
            Batching = reader.Choice("Engine:Batching", Iteration, [Iteration, Static]) == Static ? BatchingMode.Static : BatchingMode.Iteration,
            CollectFor = reader.Milliseconds("Engine:CollectMs", engine.CollectFor),
            EvaluationWithin = reader.OptionalMilliseconds("Engine:EvaluationWithinMs"),
            MeasureFor = reader.Milliseconds("Engine:MeasureMs", engine.MeasureFor),
            CacheDirectory = reader.Text("Engine:CacheDirectory") ?? DataFolder.Find("layouts"),
            Memory = new LaneMemory(reader.Long("Engine:LaneBytes", MemoryBudget.OfThisProcess().Lanes, 1 << 20, long.MaxValue)),
        };
    }
}
