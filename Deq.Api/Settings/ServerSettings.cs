using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Settings;

/// <summary>Everything an operator can set, with its default and range. Described in docs/operations.md.</summary>
internal sealed record ServerSettings
{
    private const int MiB = 1 << 20;
    private const string Iteration = "iteration";
    private const string Static = "static";

    private static readonly string[] s_fills = [.. Enum.GetNames<CarryFill>().Select(name => name.ToLowerInvariant())];

    /// <summary>The folder of model bundles; null means: look for one.</summary>
    public required string? ModelsDirectory { get; init; }

    public required EngineOptions Engine { get; init; }

    public required ExecutionOptions Execution { get; init; }

    public required RequestLimits Limits { get; init; }

    public required StreamLimits Streams { get; init; }

    /// <summary>What is set for budget profiles; each model's own are derived from its manifest.</summary>
    public required IReadOnlyList<BudgetSettings> Budgets { get; init; }

    /// <exception cref="StartupException">A setting is out of range or unknown; all such settings are listed.</exception>
    public static ServerSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var engine = new EngineOptions();
        int? intraOpThreads = reader.OptionalInteger("Execution:IntraOpThreads", 1, 1024);
        int deadlineMs = reader.Integer("Limits:DeadlineMs", 30_000, 1, 3_600_000);
        var settings = new ServerSettings
        {
            ModelsDirectory = reader.Text("Models:Directory"),
            Engine = new EngineOptions
            {
                Threads = reader.OptionalInteger("Engine:Threads", 1, EngineOptions.Most),
                RowsPerThread = reader.OptionalInteger("Engine:RowsPerThread", 1, EngineOptions.Most),
                IntraOpThreads = intraOpThreads,
                QueueCapacity = reader.Integer("Engine:QueueCapacity", engine.QueueCapacity, 1, EngineOptions.MostQueued),
                MaxQueueTime = reader.Milliseconds("Engine:MaxQueueMs", engine.MaxQueueTime),
                PatienceOfNormal = reader.Milliseconds("Engine:PatienceOfNormalMs", engine.PatienceOfNormal),
                Batching = reader.Choice("Engine:Batching", Iteration, [Iteration, Static]) == Static ? BatchingMode.Static : BatchingMode.Iteration,
                CollectFor = reader.Milliseconds("Engine:CollectMs", engine.CollectFor),
                EvaluationWithin = reader.OptionalMilliseconds("Engine:EvaluationWithinMs"),
                MeasureFor = reader.Milliseconds("Engine:MeasureMs", engine.MeasureFor),
                CacheDirectory = reader.Text("Engine:CacheDirectory"),
            },
            Execution = new ExecutionOptions
            {
                Device = reader.Choice("Execution:Device", ExecutionOptions.Cpu, [ExecutionOptions.Cpu, ExecutionOptions.Cuda]),
                DeviceId = reader.Integer("Execution:DeviceId", 0, 0, 1023),
                IntraOpThreads = intraOpThreads ?? new ExecutionOptions().IntraOpThreads,
            },
            Limits = new RequestLimits
            {
                BodyBytes = reader.Integer("Limits:BodyBytes", 8 * MiB, 1, 1024 * MiB),
                HeldBytes = reader.Long("Limits:HeldBytes", 256L * MiB, 1, long.MaxValue),
                Images = reader.Integer("Limits:Images", 32, 1, 4096),
                ImageWidth = reader.Integer("Limits:ImageWidth", 8192, 1, 65_535),
                ImageHeight = reader.Integer("Limits:ImageHeight", 8192, 1, 65_535),
                ImagePixels = reader.Integer("Limits:ImagePixels", 24_000_000, 1, 1_000_000_000),
                DecodeMs = reader.Integer("Limits:DecodeMs", 2000, 1, 600_000),
                DeadlineMs = deadlineMs,
                ClientRequests = reader.Integer("Limits:ClientRequests", 128, 1, 1_000_000),
                ClientHeader = reader.HeaderName("Limits:ClientHeader"),
            },
            Streams = ReadStreams(reader),
            Budgets = BudgetSettings.Read(reader, deadlineMs),
        };
        reader.RefuseUnknown("Models", "Engine", "Execution", "Limits", "Streams", BudgetSettings.Section);
        string[] faults = [.. reader.Faults, .. settings.Contradictions()];
        return faults.Length == 0 ? settings : throw new StartupException(faults);
    }

    private static StreamLimits ReadStreams(SettingsReader reader)
    {
        var carry = new CarryOptions();
        return new StreamLimits
        {
            PerCaller = reader.Integer("Streams:PerCaller", 16, 1, 1_000_000),
            Most = reader.Integer("Streams:Most", 1024, 1, 1_000_000),
            Bytes = reader.Long("Streams:Bytes", 512L * MiB, 0, long.MaxValue),
            Idle = reader.Milliseconds("Streams:IdleMs", TimeSpan.FromSeconds(60)),
            Carry = new CarryOptions
            {
                FlowScale = (float)reader.Share("Streams:CarriedFlow", carry.FlowScale),
                HiddenScale = (float)reader.Share("Streams:CarriedHidden", carry.HiddenScale),
                Fill = Enum.Parse<CarryFill>(reader.Choice("Streams:Fill", carry.Fill.ToString().ToLowerInvariant(), s_fills), ignoreCase: true),
            },
            SureShare = reader.Share("Streams:SureShare", FlowStarts.DefaultSureShare),
            MostHiddenChange = reader.Share("Streams:MostHiddenChange", FlowStarts.DefaultMostHiddenChange),
            LeastAlignment = reader.Share("Streams:LeastAlignment", 0.9),
            MostDistance = reader.Integer("Streams:MostDistanceMillipixels", 500, 0, 1_000_000) / 1000.0,
        };
    }

    private IEnumerable<string> Contradictions()
    {
        if (Limits.Images > Engine.QueueCapacity)
        {
            yield return $"Limits:Images is {Limits.Images} and Engine:QueueCapacity {Engine.QueueCapacity}; a full request could never be queued.";
        }

        if (Limits.BodyBytes > Limits.HeldBytes)
        {
            yield return $"Limits:BodyBytes is {Limits.BodyBytes} and Limits:HeldBytes {Limits.HeldBytes}; a full body could never be held.";
        }
    }
}
