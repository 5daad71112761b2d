using System.Buffers.Text;
using System.Security.Cryptography;
using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>Streams in the memory of this process. Every operation is short and under one lock.</summary>
internal sealed class MemoryStreams(StreamLimits limits, TimeProvider clock, StreamMetrics metrics) : IStreamStore
{
    /// <summary>192 bits: nobody finds another's stream by guessing.</summary>
    private const int IdBytes = 24;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StreamPlace> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _byCaller = new(StringComparer.Ordinal);

    /// <summary>Those in nobody's turn, the one that has lain idle longest first.</summary>
    private readonly LinkedList<StreamPlace> _idle = new();

    private long _bytes;

    public int Count => Locked(() => _byId.Count);

    public long Bytes => Locked(() => _bytes);

    public VideoStream Open(string caller, StreamTerms terms)
    {
        lock (_gate)
        {
            ExpireIdle();
            int held = _byCaller.GetValueOrDefault(caller);
            if (held >= limits.PerCaller)
            {
                throw new ProblemException(ProblemKinds.TooManyStreams, $"A client may have {limits.PerCaller} streams open; close one of yours.")
                    .WithLimit(limits.PerCaller).WithRetryAfter(FirstExpiry(place => place.Stream.Caller == caller));
            }

            if (_byId.Count >= limits.Most)
            {
                Evict(_idle.First?.Value ?? throw new ProblemException(ProblemKinds.Overloaded, $"All of {limits.Most} streams are in use.")
                    .WithLimit(limits.Most).WithRetryAfter(ProblemException.AMoment), StreamMetrics.Number);
            }

            var stream = new VideoStream(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)), caller, terms, clock.GetUtcNow());
            var place = new StreamPlace(stream);
            _byId.Add(stream.Id, place);
            _byCaller[caller] = held + 1;
            Rest(place);
            return stream;
        }
    }

    public VideoStream? Find(string id, string caller)
    {
        lock (_gate)
        {
            ExpireIdle();
            return _byId.GetValueOrDefault(id) is { IsClosing: false } place && place.Stream.Caller == caller ? place.Stream : null;
        }
    }

    public async Task<IDisposable?> EnterAsync(VideoStream stream, CancellationToken cancellation)
    {
        StreamPlace? place;
        lock (_gate)
        {
            ExpireIdle();
            place = Of(stream);
            if (place is null)
            {
                return null;
            }

            // From here on it is not idle: those who wait for their turn are its use too.
            place.Users++;
            Wake(place);
        }

        try
        {
            var use = new StreamUse(() => Leave(place), await stream.Turns.EnterAsync(cancellation));
            if (!place.IsClosing)
            {
                return use;
            }

            use.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            Leave(place);
            throw;
        }
    }

    public void Keep(VideoStream stream, FrameMemory memory)
    {
        lock (_gate)
        {
            if (Of(stream) is null)
            {
                return;
            }

            _bytes -= stream.Memory.Bytes;
            stream.Memory = FrameMemory.None;
            Drop(memory.Bytes, place => place.Stream.Memory.WithoutState());
            Drop(memory.Bytes, place => place.Stream.Memory.Bare());
            stream.Memory = Fits(memory) ? memory : Fits(memory.WithoutState()) ? memory.WithoutState() : memory.Bare();
            _bytes += stream.Memory.Bytes;
            if (stream.Memory.Bytes < memory.Bytes)
            {
                metrics.Evicted(StreamMetrics.Bytes);
            }
        }

        bool Fits(FrameMemory kept) => _bytes + kept.Bytes <= limits.Bytes;
    }

    public void Close(VideoStream stream)
    {
        lock (_gate)
        {
            if (Of(stream) is not { } place)
            {
                return;
            }

            place.IsClosing = true;
            if (place.Users == 0)
            {
                Remove(place);
            }
        }
    }

    public void Expire() => Locked(() =>
    {
        ExpireIdle();
        return true;
    });

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private void Leave(StreamPlace place)
    {
        lock (_gate)
        {
            place.Users--;
            if (place.Users > 0)
            {
                return;
            }

            if (place.IsClosing)
            {
                Remove(place);
            }
            else
            {
                Rest(place);
            }
        }
    }

    /// <summary>Drops parts of what idle streams keep until so many bytes have room, those first that have lain idle longest.</summary>
    private void Drop(long room, Func<StreamPlace, FrameMemory> rest)
    {
        for (LinkedListNode<StreamPlace>? node = _idle.First; node is not null && _bytes + room > limits.Bytes; node = node.Next)
        {
            FrameMemory before = node.Value.Stream.Memory;
            FrameMemory after = rest(node.Value);
            if (after.Bytes < before.Bytes)
            {
                node.Value.Stream.Memory = after;
                _bytes -= before.Bytes - after.Bytes;
                metrics.Evicted(StreamMetrics.Bytes);
            }
        }
    }

    private void ExpireIdle()
    {
        while (_idle.First?.Value is { } oldest && clock.GetElapsedTime(oldest.IdleSince) >= limits.Idle)
        {
            Evict(oldest, StreamMetrics.Idle);
        }
    }

    private void Evict(StreamPlace place, string reason)
    {
        Remove(place);
        metrics.Evicted(reason);
    }

    private void Remove(StreamPlace place)
    {
        Wake(place);
        VideoStream stream = place.Stream;
        place.IsClosing = true;
        _byId.Remove(stream.Id);
        int left = _byCaller[stream.Caller] - 1;
        if (left == 0)
        {
            _byCaller.Remove(stream.Caller);
        }
        else
        {
            _byCaller[stream.Caller] = left;
        }

        _bytes -= stream.Memory.Bytes;
        stream.Memory = FrameMemory.None;
    }

    private StreamPlace? Of(VideoStream stream) =>
        _byId.GetValueOrDefault(stream.Id) is { } place && place.Stream == stream ? place : null;

    private void Rest(StreamPlace place)
    {
        place.IdleSince = clock.GetTimestamp();
        _idle.AddLast(place.Node);
    }

    private void Wake(StreamPlace place)
    {
        if (place.Node.List is not null)
        {
            _idle.Remove(place.Node);
        }
    }

    private TimeSpan FirstExpiry(Predicate<StreamPlace> isMeant)
    {
        StreamPlace? first = _idle.FirstOrDefault(place => isMeant(place));
        return first is null ? ProblemException.AMoment : limits.Idle - clock.GetElapsedTime(first.IdleSince);
    }
}
