using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>
/// A few threads for what must be computed of a request beside the engine: the heads and hashes of images, images too large to be decoded between two
/// evaluations, and tensors and answers of more than <see cref="MostInPlace"/>. So neither the threads that receive nor the engine's are held up. Thread-safe.
/// </summary>
/// <remarks>
/// The next piece of work is one of the client with the fewest running and then the least time so far, as in the engine's queue; a client has all threads but
/// one at most, and its <see cref="FairShares">share</see> of the places where work waits.
/// </remarks>
internal sealed class DecodingThreads : IDisposable
{
    /// <summary>Bytes of a message or an answer that are read or written on the thread that has them; more of them are work for these threads.</summary>
    public const int MostInPlace = 16 << 10;

    /// <summary>Pieces of work that may wait, of all clients together.</summary>
    private const long Places = 2048;

    private readonly object _gate = new();
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private readonly FairShares _places;
    private readonly Func<string, int> _weightOf;
    private readonly TimeProvider _clock;
    private readonly Thread[] _threads;
    private double _now;
    private bool _isClosed;

    /// <param name="threads">How many, at least 1.</param>
    /// <param name="clock">Measures what clients have had.</param>
    /// <param name="weightOf">A client's share beside one of weight 1. Default null: all have 1.</param>
    public DecodingThreads(int threads, TimeProvider clock, Func<string, int>? weightOf = null)
    {
        (_clock, _weightOf, _places) = (clock, weightOf ?? (_ => 1), new FairShares(Places, weightOf));
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Run) { Name = $"decoding #{i}", IsBackground = true })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Pieces of work that wait or run.</summary>
    public long Count => _places.Taken;

    /// <summary>Has work done; its awaiter continues on the thread pool.</summary>
    /// <param name="client">Whose work.</param>
    /// <param name="work">Computes; never blocks.</param>
    /// <param name="cancellation">Ends the wait. Work that runs is finished all the same.</param>
    /// <exception cref="ProblemException">Too much of the client's waits; or what <paramref name="work"/> throws.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before it was begun.</exception>
    public async Task<T> RunAsync<T>(string client, Func<T> work, CancellationToken cancellation)
    {
        if (!_places.TryTake(client, 1))
        {
            throw new ProblemException(ProblemKinds.Overloaded, $"Too many of your images, messages and answers wait for the {_threads.Length} threads that read and write them; send fewer at one time.").WithRetryAfter(ProblemException.DefaultRetryAfter);
        }

        try
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            var piece = new Piece(() => Finish(done, work), () => done.TrySetCanceled(cancellation));
            Add(client, piece);
            await using (cancellation.UnsafeRegister(_ => piece.Withdraw(), null))
            {
                return await done.Task;
            }
        }
        finally
        {
            _places.Return(client, 1);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private static void Finish<T>(TaskCompletionSource<T> done, Func<T> work)
    {
        try
        {
            done.TrySetResult(work());
        }
        catch (Exception fault)
        {
            done.TrySetException(fault);
        }
    }

    private void Add(string key, Piece piece)
    {
        lock (_gate)
        {
            if (!_clients.TryGetValue(key, out Client? client))
            {
                client = new Client(key, _now, _weightOf(key));
                _clients.Add(key, client);
            }

            client.Waiting.Enqueue(piece);
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (Take() is (Client client, Piece piece))
        {
            long begun = _clock.GetTimestamp();
            piece.Run();
            lock (_gate)
            {
                client.Running--;
                client.Served += (double)(_clock.GetTimestamp() - begun) / client.Weight;
                Forget(client);

                // Another thread may have left the client's next piece because this one ran.
                Monitor.Pulse(_gate);
            }
        }
    }

    private (Client Client, Piece Piece)? Take()
    {
        lock (_gate)
        {
            while (!_isClosed)
            {
                if (Next() is { } client)
                {
                    Piece piece = client.Waiting.Dequeue();
                    if (piece.TryBegin())
                    {
                        _now = Math.Max(_now, client.Served);
                        client.Running++;
                        return (client, piece);
                    }

                    Forget(client);
                }
                else
                {
                    Monitor.Wait(_gate);
                }
            }

            return null;
        }
    }

    private Client? Next()
    {
        int most = Math.Max(1, _threads.Length - 1);
        Client? next = null;
        foreach (Client client in _clients.Values)
        {
            if (client.Waiting.Count > 0 && client.Running < most
                && (next is null || (client.Share, client.Served).CompareTo((next.Share, next.Served)) < 0))
            {
                next = client;
            }
        }

        return next;
    }

    private void Forget(Client client)
    {
        if (client.Running == 0 && client.Waiting.Count == 0)
        {
            _clients.Remove(client.Key);
        }
    }

    private sealed class Client(string key, double served, int weight)
    {
        public string Key => key;

        public int Weight => weight;

        public Queue<Piece> Waiting { get; } = new();

        /// <summary>Time that it has had, divided by its weight.</summary>
        public double Served { get; set; } = served;

        public int Running { get; set; }

        /// <summary>What runs, divided by its weight.</summary>
        public double Share => (double)Running / weight;
    }

    /// <summary>Work that either runs or is withdrawn. Until its turn comes it may stand in the queue as withdrawn, and then holds nothing.</summary>
    private sealed class Piece(Action work, Action withdrawn)
    {
        private Action? _work = work;
        private Action? _withdrawn = withdrawn;
        private int _isTaken;

        public bool TryBegin() => Interlocked.Exchange(ref _isTaken, 1) == 0;

        public void Run() => Taken(ref _work)();

        public void Withdraw()
        {
            if (TryBegin())
            {
                Taken(ref _withdrawn)();
            }
        }

        private Action Taken(ref Action? chosen)
        {
            Action taken = chosen!;
            (_work, _withdrawn) = (null, null);
            return taken;
        }
    }
}
