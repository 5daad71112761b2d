using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Deq.Api.Solving;

/// <summary>
/// The iterates of one request that wait for a client that reads slower than the engine evaluates, in the order in which they came. Each part may have equally many; of one
/// that has more the oldest is dropped, so the newest of every part is kept. Thread-safe, for one reader.
/// </summary>
internal sealed class WaitingIterates
{
    /// <summary>Bytes of all that waits, unless one iterate of every part takes more.</summary>
    public const long UsualBytes = 1 << 20;

    /// <summary>Iterates of one part.</summary>
    public const int MostOfPart = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<(int Part, object Iterate)> _waiting = new();
    private readonly Queue<LinkedListNode<(int Part, object Iterate)>>[] _byPart;
    private readonly int _ofPart;

    /// <summary>Holds a value while something waits that the reader does not know of.</summary>
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Nothing waits yet.</summary>
    /// <param name="parts">The most bytes that an iterate of each part takes.</param>
    public WaitingIterates(IReadOnlyList<long> parts)
    {
        long ofEach = parts.Sum();
        _byPart = [.. parts.Select(_ => new Queue<LinkedListNode<(int Part, object Iterate)>>())];
        _ofPart = (int)Math.Clamp(UsualBytes / Math.Max(1, ofEach), 1, MostOfPart);
        Bytes = _ofPart * ofEach;
    }

    /// <summary>The most bytes that wait.</summary>
    public long Bytes { get; }

    /// <summary>Takes in a part's next iterate. Never waits for the reader.</summary>
    public void Add(int part, object iterate)
    {
        lock (_gate)
        {
            Queue<LinkedListNode<(int Part, object Iterate)>> own = _byPart[part];
            if (own.Count == _ofPart)
            {
                _waiting.Remove(own.Dequeue());
            }

            own.Enqueue(_waiting.AddLast((part, iterate)));
        }

        _news.Writer.TryWrite(true);
    }

    /// <summary>No more will come.</summary>
    public void Complete() => _news.Writer.Complete();

    /// <summary>Waits for the first iterate; false where there is none and no more will come.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => _news.Reader.WaitToReadAsync(cancellation);

    /// <summary>Takes out what waits and what comes, until no more will come.</summary>
    public async IAsyncEnumerable<object> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (bool _ in _news.Reader.ReadAllAsync(cancellation))
        {
            while (Take() is { } iterate)
            {
                yield return iterate;
            }
        }
    }

    private object? Take()
    {
        lock (_gate)
        {
            if (_waiting.First is not { } first)
            {
                return null;
            }

            // A part's iterates come in order, so the oldest of all is the oldest of its part.
            _waiting.RemoveFirst();
            _byPart[first.Value.Part].Dequeue();
            return first.Value.Iterate;
        }
    }
}
