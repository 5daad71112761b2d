using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Observability;

/// <summary>The instruments of <see cref="EngineMetrics"/> by name, and the buckets in which they are counted.</summary>
internal static class EngineInstruments
{
    public const string Evaluations = "deq.evaluations";

    public const string Residual = "deq.residual";

    public const string SolveDuration = "deq.solve.duration";

    public const string QueueDuration = "deq.queue.duration";

    public const string BatchOccupancy = "deq.batch.occupancy";

    public const string Answers = "deq.answers";

    public const string Refusals = "deq.refusals";

    private static readonly double[] s_counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024];

    private static readonly double[] s_residuals =
        [1e-8, 1e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1];

    private static readonly double[] s_seconds =
        [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];

    /// <summary>Every histogram with the upper bounds of its buckets, ascending; what is larger than all falls into one more.</summary>
    public static IReadOnlyDictionary<string, double[]> Buckets { get; } = new Dictionary<string, double[]>(StringComparer.Ordinal)
    {
        [Evaluations] = s_counts,
        [Residual] = s_residuals,
        [SolveDuration] = s_seconds,
        [QueueDuration] = s_seconds,
        [BatchOccupancy] = s_counts,
    };
}
