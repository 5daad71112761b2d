namespace Deq.Api.Streams;

/// <summary>Lets one in at a time, in the order in which they came. Thread-safe.</summary>
internal sealed class StreamTurns
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _isTaken;

    /// <summary>Waits for the turn; disposing what it gives ends it.</summary>
    /// <exception cref="OperationCanceledException">The client went away first.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> place;
        lock (_gate)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return new Turn(this);
            }

            place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using (cancellation.UnsafeRegister(_ => Abandon(place, cancellation), null))
        {
            await place.Value.Task;
        }

        return new Turn(this);
    }

    private void Abandon(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (place.List is null)
            {
                return;
            }

            _waiting.Remove(place);
        }

        place.Value.TrySetCanceled(cancellation);
    }

    private void Leave()
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            if (_waiting.First is not { } first)
            {
                _isTaken = false;
                return;
            }

            _waiting.RemoveFirst();
            next = first.Value;
        }

        next.SetResult();
    }

    private sealed class Turn(StreamTurns turns) : IDisposable
    {
        private StreamTurns? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Leave();
    }
}
