using System.Text.Json.Serialization;
using Deq.Api.Observability;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>What was measured of models, as the protocol's statistics extension has it.</summary>
/// <param name="ModelStats">One entry for each model.</param>
internal sealed record ModelStatisticsAnswer([property: JsonPropertyName("model_stats")] IReadOnlyList<ModelStatisticsEntry> ModelStats);

/// <summary>What was measured of a model since the server started.</summary>
internal sealed record ModelStatisticsEntry
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>When the last request of the protocol ended, in milliseconds since 1970; 0: there was none.</summary>
    [JsonPropertyName("last_inference")]
    public required long LastInference { get; init; }

    /// <summary>Rows that were answered.</summary>
    [JsonPropertyName("inference_count")]
    public required long InferenceCount { get; init; }

    /// <summary>The same: rows join and leave batches one by one.</summary>
    [JsonPropertyName("execution_count")]
    public required long ExecutionCount { get; init; }

    /// <summary>Requests of the protocol that succeeded and failed, and the times of rows.</summary>
    [JsonPropertyName("inference_stats")]
    public required IReadOnlyDictionary<string, StatisticDuration> InferenceStats { get; init; }

    /// <summary>Not measured per batch size.</summary>
    [JsonPropertyName("batch_stats")]
    public IReadOnlyList<object> BatchStats { get; init; } = [];

    public static ModelStatisticsEntry Of(TensorModel model, ModelStatistics measured)
    {
        long count = measured.Stops.Values.Sum();
        StatisticDuration queue = Total(measured.Read(EngineInstruments.QueueDuration));
        StatisticDuration solve = Total(measured.Read(EngineInstruments.SolveDuration));
        (long succeeded, long failed, long lastAt) = measured.Requests;
        var none = new StatisticDuration(0, 0);
        return new ModelStatisticsEntry
        {
            Name = model.Name,
            Version = model.Version,
            LastInference = lastAt,
            InferenceCount = count,
            ExecutionCount = count,
            InferenceStats = new Dictionary<string, StatisticDuration>(StringComparer.Ordinal)
            {
                ["success"] = new(succeeded, queue.Ns + solve.Ns),
                ["fail"] = new(failed, 0),
                ["queue"] = queue,
                ["compute_input"] = none,
                ["compute_infer"] = solve,
                ["compute_output"] = none,
                ["cache_hit"] = none,
                ["cache_miss"] = none,
            },
        };
    }

    private static StatisticDuration Total(HistogramReport histogram) =>
        new(histogram.Count, (long)((histogram.Mean ?? 0) * histogram.Count * NanosecondsPerSecond));
}

/// <summary>How often, and how long in all.</summary>
/// <param name="Count">How often.</param>
/// <param name="Ns">Nanoseconds.</param>
internal sealed record StatisticDuration(long Count, long Ns);
