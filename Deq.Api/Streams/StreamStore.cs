using System.Buffers.Text;
using System.Security.Cryptography;
using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>
/// Keeps open streams within the server's bounds: their number per client and in all, the bytes of what they keep, the time they lie idle.
/// Every operation is short and under one lock. Thread-safe.
/// </summary>
internal sealed partial class StreamStore(StreamLimits limits, TimeProvider clock, StreamMetrics metrics)
{
    /// <summary>192 bits: ids cannot be guessed.</summary>
    private const int IdBytes = 24;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StreamPlace> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Holding> _byClient = new(StringComparer.Ordinal);

    /// <summary>Streams that are not in use, the longest idle first; and of these, the ones that could drop a start or a frame.</summary>
    private readonly LinkedList<StreamPlace> _idle = new();
    private readonly LinkedList<StreamPlace> _starts = new();
    private readonly LinkedList<StreamPlace> _frames = new();

    private long _bytes;

    /// <summary>Streams open.</summary>
    public int Count => Locked(() => _byId.Count);

    /// <summary>Bytes of all that streams keep; never more than the bound.</summary>
    public long Bytes => Locked(() => _bytes);

    /// <summary>Opens a stream. Where the server has as many as it may, an idle one of the client with the most is closed for it.</summary>
    /// <exception cref="ProblemException">The client has as many as one may, or nobody with as many has one that is not in use.</exception>
    public OpenStream Open(string client, StreamTerms terms) => Open(client, terms, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)));

    private OpenStream Open(string client, StreamTerms terms, string id)
    {
        lock (_gate)
        {
            ExpireIdle();
            if (_byClient.GetValueOrDefault(client).Streams >= limits.PerClient)
            {
                throw new ProblemException(ProblemKinds.TooManyStreams, $"A client may have {limits.PerClient} streams open; close one of yours.")
                    .WithLimit(limits.PerClient).WithRetryAfter(FirstExpiry(place => place.Stream.Client == client));
            }

            if (_byId.Count >= limits.Most)
            {
                Evict(IdleOfLargest(client) ?? throw new ProblemException(ProblemKinds.Overloaded, $"{limits.Most} streams are open, and none is idle of a client with as many as you.")
                    .WithLimit(limits.Most).WithRetryAfter(ProblemException.DefaultRetryAfter), StreamMetrics.Number);
            }

            var stream = new OpenStream(id, client, terms, clock.GetUtcNow());
            var place = new StreamPlace(stream);
            _byId.Add(stream.Id, place);
            Account(client, streams: 1, bytes: 0);
            Rest(place);
            return stream;
        }
    }

    /// <summary>Opens the client's stream of an id that the client knows it by, or gives the one that is open.</summary>
    /// <param name="id">Not one that <see cref="Open(string, StreamTerms)"/> gives.</param>
    /// <param name="client">Whose stream it is.</param>
    /// <param name="terms">Of a stream that is opened.</param>
    /// <exception cref="ProblemException">The client has as many as one may, or nobody with as many has one that is not in use.</exception>
    public OpenStream OpenNamed(string id, string client, StreamTerms terms)
    {
        lock (_gate)
        {
            if (_byId.GetValueOrDefault(id) is not { } place)
            {
                return Open(client, terms, id);
            }

            place.IsClosing = false;
            return place.Stream;
        }
    }

    /// <summary>The client's stream of that id; null where it has none.</summary>
    public OpenStream? Find(string id, string client)
    {
        lock (_gate)
        {
            ExpireIdle();
            return _byId.GetValueOrDefault(id) is { IsClosing: false } place && place.Stream.Client == client ? place.Stream : null;
        }
    }

    /// <summary>The client's stream of that id, of which a frame has begun to come, kept open until the use is disposed, unless it must give way to another; null where it has none.</summary>
    /// <remarks>Its idle time runs on, and once that is over no further frame is expected: uploads that never end in a frame would keep it for ever.</remarks>
    /// <exception cref="ProblemException">Its idle time is over, and a frame is still on its way.</exception>
    public (OpenStream Stream, IDisposable Use)? Expect(string id, string client)
    {
        lock (_gate)
        {
            if (Find(id, client) is not { } stream || Of(stream) is not { } place)
            {
                return null;
            }

            if (!IsOverdue(place))
            {
                place.Expected++;
                return (stream, new StreamUse(() => Locked(() => place.Expected--), turn: null));
            }

            // It would have been closed, but for the frame.
            if (place.Expected > 0)
            {
                throw StreamProblems.Awaited(limits.Idle);
            }

            return null;
        }
    }

    /// <summary>The stream as clients see it.</summary>
    public StreamDescription Describe(OpenStream stream) => Locked(() => StreamDescription.Of(stream, limits));

    /// <summary>Waits for the stream's turn. Until what it gives is disposed, nothing of the stream is dropped; null when the stream is gone.</summary>
    /// <exception cref="OperationCanceledException">The client left first.</exception>
    public async Task<IDisposable?> EnterAsync(OpenStream stream, CancellationToken cancellation)
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

            // From here on it is in use: requests that wait for the turn count too.
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

    /// <summary>
    /// Replaces what a stream keeps. Room is made by dropping what idle streams of the client with the most bytes keep, starts before frames. What finds no room
    /// even then, or would be more than its client's share where others have less, is not kept. Called in the stream's turn.
    /// </summary>
    public void Keep(OpenStream stream, StreamMemory memory)
    {
        lock (_gate)
        {
            if (Of(stream) is null)
            {
                return;
            }

            Replace(stream, StreamMemory.None);
            Drop(stream.Client, memory.Bytes, _starts, kept => kept.WithoutStart());
            Drop(stream.Client, memory.Bytes, _frames, kept => kept.WithoutFrame());
            Replace(stream, Fits(memory) ? memory : Fits(memory.WithoutStart()) ? memory.WithoutStart() : memory.WithoutFrame());
            if (stream.Memory.Bytes < memory.Bytes)
            {
                metrics.Evicted(StreamMetrics.Bytes);
            }
        }

        bool Fits(StreamMemory kept) => _bytes + kept.Bytes <= limits.Bytes;
    }

    /// <summary>Closes a stream, at once or at the end of its turn.</summary>
    public void Close(OpenStream stream)
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

    /// <summary>Closes what has lain idle for too long.</summary>
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
}
