namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Keeps the buffers of guesses between pairs, those of the sizes used last, for one model or for several together. Thread-safe.</summary>
/// <param name="threads">That share the making of one guess. Stay the caller's.</param>
/// <param name="mostBytes">The most bytes of idle buffers, at least 0; what is larger by itself is not kept. <see cref="UsualBytes"/> where memory is plenty.</param>
public sealed class GuessBuffers(PairThreads threads, long mostBytes)
{
    /// <summary>256 MiB: two pairs of 1024 x 1024 pixels.</summary>
    public const long UsualBytes = 256L << 20;

    private readonly Lock _lock = new();
    private readonly LinkedList<FlowGuess> _idle = [];

    /// <summary>Share the making of one guess.</summary>
    public PairThreads Threads { get; } = threads;

    /// <summary>Buffers of a size: idle ones, or new ones.</summary>
    /// <param name="width">Pixels, at least 16.</param>
    /// <param name="height">Pixels, at least 16.</param>
    public FlowGuess Take(int width, int height)
    {
        lock (_lock)
        {
            for (LinkedListNode<FlowGuess>? node = _idle.First; node is not null; node = node.Next)
            {
                if (node.Value.Width == width && node.Value.Height == height)
                {
                    _idle.Remove(node);
                    return node.Value;
                }
            }
        }

        return new FlowGuess(width, height, Threads);
    }

    /// <summary>Keeps buffers that are no longer in use, as far as there is room; those used longest ago make it.</summary>
    /// <param name="guess">One that was taken here.</param>
    public void Return(FlowGuess guess)
    {
        ArgumentNullException.ThrowIfNull(guess);
        lock (_lock)
        {
            if (guess.Bytes > mostBytes)
            {
                return;
            }

            _idle.AddFirst(guess);
            while (_idle.Sum(idle => idle.Bytes) > mostBytes)
            {
                _idle.RemoveLast();
            }
        }
    }
}
