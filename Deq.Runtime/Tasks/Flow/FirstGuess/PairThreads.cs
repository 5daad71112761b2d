using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Threads that share the work on one pair of frames with the thread that asks for it. Thread-safe.</summary>
/// <remarks>The thread that asks does every part that no other has begun, so it never waits for a part that has not begun.</remarks>
public sealed class PairThreads : IDisposable
{
    private readonly BlockingCollection<SharedWork> _offered = [];

    /// <summary>Starts threads.</summary>
    /// <param name="count">That share a piece of work, the one that asks among them; at least 1.</param>
    public PairThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        for (int i = 1; i < count; i++)
        {
            new Thread(Take) { Name = $"pair #{i}", IsBackground = true }.Start();
        }
    }

    /// <summary>How many share a piece of work.</summary>
    public int Count { get; }

    /// <summary>Does the parts of a piece of work and returns when all are done.</summary>
    /// <param name="parts">How many, at least 1.</param>
    /// <param name="part">Does one, by its number from 0. Parts may run at the same time.</param>
    /// <exception cref="Exception">What the first part that failed has thrown.</exception>
    public void Run(int parts, Action<int> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (parts == 1)
        {
            part(0);
            return;
        }

        var work = new SharedWork(parts, part);
        for (int i = 1; i < Math.Min(Count, parts); i++)
        {
            _offered.Add(work);
        }

        work.Do();
        work.Join();
    }

    /// <summary>Ends the threads once they have done what was offered.</summary>
    public void Dispose() => _offered.CompleteAdding();

    private void Take()
    {
        foreach (SharedWork work in _offered.GetConsumingEnumerable())
        {
            work.Do();
        }
    }

    /// <summary>A piece of work whose parts are taken one by one.</summary>
    private sealed class SharedWork(int parts, Action<int> part)
    {
        private readonly object _gate = new();
        private ExceptionDispatchInfo? _failure;
        private int _begun;
        private int _done;

        public void Do()
        {
            for (int i = Interlocked.Increment(ref _begun) - 1; i < parts; i = Interlocked.Increment(ref _begun) - 1)
            {
                ExceptionDispatchInfo? failure = Failure(i);
                lock (_gate)
                {
                    _failure ??= failure;
                    _done++;
                    Monitor.PulseAll(_gate);
                }
            }
        }

        public void Join()
        {
            lock (_gate)
            {
                while (_done < parts)
                {
                    Monitor.Wait(_gate);
                }
            }

            _failure?.Throw();
        }

        private ExceptionDispatchInfo? Failure(int i)
        {
            try
            {
                part(i);
                return null;
            }
            catch (Exception exception)
            {
                return ExceptionDispatchInfo.Capture(exception);
            }
        }
    }
}
