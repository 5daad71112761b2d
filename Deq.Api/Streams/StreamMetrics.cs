using System.Diagnostics.Metrics;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>What the server measures of streams; the engines count which solves were warm.</summary>
internal sealed class StreamMetrics
{
    public const string OpenName = "deq.streams.open";

    public const string BytesName = "deq.streams.bytes";

    public const string EvictionsName = "deq.streams.evictions";

    public const string FramesName = "deq.streams.frames";

    /// <summary>Closed because it lay idle.</summary>
    public const string Idle = "idle";

    /// <summary>What it keeps was dropped in part because streams keep too many bytes.</summary>
    public const string Bytes = "bytes";

    /// <summary>Closed because the server has as many as it may.</summary>
    public const string Number = "number";

    private readonly Meter _meter;
    private readonly Counter<long> _evictions;
    private readonly Counter<long> _frames;

    public StreamMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(ApiMetrics.Name);
        _evictions = _meter.CreateCounter<long>(EvictionsName, "{eviction}", "Streams closed, or made to drop what they keep, by reason.");
        _frames = _meter.CreateCounter<long>(FramesName, "{frame}", "Frames answered, by where the solve started and why it started cold.");
    }

    /// <summary>Every instrument's name, in the order of documents.</summary>
    public static IReadOnlyList<string> Names { get; } = [OpenName, BytesName, EvictionsName, FramesName];

    public void Evicted(string reason) => _evictions.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a frame.</summary>
    /// <param name="model">The stream's model.</param>
    /// <param name="start">Where the solve started; null when nothing was solved.</param>
    /// <param name="coldReason">Why it started cold; null when it did not.</param>
    public void Answered(string model, string? start, string? coldReason) => _frames.Add(
        1,
        new KeyValuePair<string, object?>("model", model),
        new KeyValuePair<string, object?>("start", start ?? "none"),
        new KeyValuePair<string, object?>("coldReason", coldReason ?? ""));

    /// <summary>Lets collectors of measurements read what a store holds.</summary>
    public void Observe(StreamStore streams)
    {
        _meter.CreateObservableGauge(OpenName, () => streams.Count, "{stream}", "Streams open.");
        _meter.CreateObservableGauge(BytesName, () => streams.Bytes, "By", "Bytes that streams keep between frames.");
    }
}
