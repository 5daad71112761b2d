using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <content>Streams that are not in use: what they drop, and when they are closed. Everything here is called under the lock.</content>
internal sealed partial class StreamStore
{
    /// <summary>
    /// Drops parts of what idle streams keep until so many bytes of a client have room: of the client with the most bytes, the longest idle first. A client that
    /// would have more than its share, and more than whoever is to give way, gets nothing of others.
    /// </summary>
    private void Drop(string client, long room, LinkedList<StreamPlace> places, Func<StreamMemory, StreamMemory> rest)
    {
        while (_bytes + room > limits.Bytes && places.MaxBy(place => BytesOf(place.Stream.Client)) is { } most
            && (most.Stream.Client == client || BytesOf(most.Stream.Client) >= BytesOf(client) || BytesOf(client) <= limits.Bytes / _byClient.Count))
        {
            places.Remove(most);
            Replace(most.Stream, rest(most.Stream.Memory));
            metrics.Evicted(StreamMetrics.Bytes);
        }

        long BytesOf(string holder) => _byClient[holder].Bytes + (holder == client ? room : 0);
    }

    /// <summary>Exchanges what a stream keeps.</summary>
    private void Replace(OpenStream stream, StreamMemory memory)
    {
        Account(stream.Client, streams: 0, bytes: memory.Bytes - stream.Memory.Bytes);
        stream.Memory = memory;
    }

    private void Account(string client, int streams, long bytes)
    {
        _bytes += bytes;
        Holding held = _byClient.GetValueOrDefault(client);
        held = new(held.Streams + streams, held.Bytes + bytes);
        if (held.Streams == 0)
        {
            _byClient.Remove(client);
        }
        else
        {
            _byClient[client] = held;
        }
    }

    private void ExpireIdle()
    {
        LinkedListNode<StreamPlace>? next = _idle.First;
        while (next is { Value: { } oldest } && IsOverdue(oldest))
        {
            next = next.Next;
            if (oldest.Expected == 0)
            {
                Evict(oldest, StreamMetrics.Idle);
            }
        }
    }

    /// <summary>Whether a stream has lain idle for too long.</summary>
    private bool IsOverdue(StreamPlace place) => place.Users == 0 && clock.GetElapsedTime(place.IdleSince) >= limits.Idle;

    /// <summary>
    /// What gives way to a stream more of a client: of the idle streams of the client that has most of all, the one that has lain idle longest, of those of which a frame is
    /// on its way only where there is no other. Null where no client has one that will not have fewer than the one that comes.
    /// </summary>
    private StreamPlace? IdleOfLargest(string client)
    {
        StreamPlace? most = _idle.GroupBy(place => place.Stream.Client)
            .Select(own => own.FirstOrDefault(place => place.Expected == 0) ?? own.First())
            .OrderBy(place => place.IdleSince)
            .MaxBy(StreamsOf);
        return most is not null && StreamsOf(most) > _byClient.GetValueOrDefault(client).Streams ? most : null;

        int StreamsOf(StreamPlace place) => _byClient[place.Stream.Client].Streams + (place.Stream.Client == client ? 1 : 0);
    }

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
        Replace(stream, StreamMemory.None);
        Account(stream.Client, streams: -1, bytes: 0);
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
        StreamPlace? first = _idle.FirstOrDefault(place => place.Expected == 0 && isMeant(place));
        return first is null ? ProblemException.DefaultRetryAfter : limits.Idle - clock.GetElapsedTime(first.IdleSince);
    }

    /// <summary>What a client has of the store.</summary>
    private readonly record struct Holding(int Streams, long Bytes);
}
