using System.Collections.Concurrent;

namespace Deq.Api.Observability;

/// <summary>What was measured of one model since the server started. Thread-safe.</summary>
internal sealed class ModelStatistics
{
    private readonly Dictionary<string, LiveHistogram> _histograms = EngineInstruments.Buckets.ToDictionary(
        instrument => instrument.Key, instrument => new LiveHistogram(instrument.Value), StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Tally> _stops = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tally> _refusals = new(StringComparer.Ordinal);
    private readonly Tally _warm = new();
    private readonly Tally _succeeded = new();
    private readonly Tally _failed = new();
    private long _lastRequest;

    /// <summary>Counts a value of one of the histograms.</summary>
    public void Record(string instrument, double value) => _histograms[instrument].Record(value);

    /// <summary>Counts answers.</summary>
    public void Answered(string stop, bool isWarm, long answers)
    {
        _stops.GetOrAdd(stop, _ => new Tally()).Add(answers);
        if (isWarm)
        {
            _warm.Add(answers);
        }
    }

    /// <summary>Counts refused requests.</summary>
    public void Refused(string reason, long requests) => _refusals.GetOrAdd(reason, _ => new Tally()).Add(requests);

    /// <summary>Counts a request of the Open Inference Protocol by how it ended.</summary>
    /// <param name="hasSucceeded">Whether it was answered with tensors.</param>
    /// <param name="at">When it ended.</param>
    public void Ended(bool hasSucceeded, DateTimeOffset at)
    {
        (hasSucceeded ? _succeeded : _failed).Add(1);
        Interlocked.Exchange(ref _lastRequest, at.ToUnixTimeMilliseconds());
    }

    /// <summary>Requests of the Open Inference Protocol that were answered with tensors, those that were not, and when the last one ended, in milliseconds since 1970; 0: there was none.</summary>
    public (long Succeeded, long Failed, long LastAt) Requests => (_succeeded.Count, _failed.Count, Interlocked.Read(ref _lastRequest));

    /// <summary>One of the histograms as it is now.</summary>
    public HistogramReport Read(string instrument) => _histograms[instrument].Read();

    /// <summary>Answers by why they stopped.</summary>
    public IReadOnlyDictionary<string, long> Stops => Counts(_stops);

    /// <summary>Refused requests by reason.</summary>
    public IReadOnlyDictionary<string, long> Refusals => Counts(_refusals);

    /// <summary>Answers that started from an earlier solution.</summary>
    public long Warm => _warm.Count;

    private static SortedDictionary<string, long> Counts(ConcurrentDictionary<string, Tally> tallies) =>
        new(tallies.ToDictionary(pair => pair.Key, pair => pair.Value.Count, StringComparer.Ordinal), StringComparer.Ordinal);

    private sealed class Tally
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public void Add(long count) => Interlocked.Add(ref _count, count);
    }
}
