using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <content>Streams that are not in use: what they drop, and when they are closed. Everything here is called under the lock.</content>
internal sealed partial class StreamStore
{
    /// <summary>Drops parts of what idle streams keep until so many bytes have room, the longest idle first.</summary>
    private void Drop(long room, LinkedList<StreamPlace> places, Func<StreamMemory, StreamMemory> rest)
    {
        while (_bytes + room > limits.Bytes && places.First is { } first)
        {
            places.RemoveFirst();
            OpenStream stream = first.Value.Stream;
            long before = stream.Memory.Bytes;
            stream.Memory = rest(stream.Memory);
            _bytes -= before - stream.Memory.Bytes;
            metrics.Evicted(StreamMetrics.Bytes);
        }
    }

    private void ExpireIdle()
    {
        while (_idle.First?.Value is { } oldest && clock.GetElapsedTime(oldest.IdleSince) >= limits.Idle)
        {
            Evict(oldest, StreamMetrics.Idle);
        }
    }

    /// <summary>Of the idle streams of the client that has most of all, the one that has lain idle longest; null when no stream is idle.</summary>
    private StreamPlace? IdleOfLargest() => _idle.MaxBy(place => _byClient[place.Stream.Client]);

    private void Evict(StreamPlace place, string reason)
    {
        Remove(place);
        metrics.Evicted(reason);
    }

    private void Remove(StreamPlace place)
    {
        Wake(place);
        OpenStream stream = place.Stream;
        place.IsClosing = true;
        _byId.Remove(stream.Id);
        int left = _byClient[stream.Client] - 1;
        if (left == 0)
        {
            _byClient.Remove(stream.Client);
        }
        else
        {
            _byClient[stream.Client] = left;
        }

        _bytes -= stream.Memory.Bytes;
        stream.Memory = StreamMemory.None;
    }

    private StreamPlace? Of(OpenStream stream) =>
        _byId.GetValueOrDefault(stream.Id) is { } place && place.Stream == stream ? place : null;

    private void Rest(StreamPlace place)
    {
        place.IdleSince = clock.GetTimestamp();
        _idle.AddLast(place.Idle);
        if (place.Stream.Memory.HasStart)
        {
            _starts.AddLast(place.Starts);
        }

        if (place.Stream.Memory.Bytes > 0)
        {
            _frames.AddLast(place.Frames);
        }
    }

    private static void Wake(StreamPlace place)
    {
        place.Idle.List?.Remove(place.Idle);
        place.Starts.List?.Remove(place.Starts);
        place.Frames.List?.Remove(place.Frames);
    }

    private TimeSpan FirstExpiry(Predicate<StreamPlace> isMeant)
    {
        StreamPlace? first = _idle.FirstOrDefault(place => isMeant(place));
        return first is null ? ProblemException.DefaultRetryAfter : limits.Idle - clock.GetElapsedTime(first.IdleSince);
    }
}
