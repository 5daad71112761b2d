namespace Deq.Api.Streams;

/// <summary>Bounds the bytes of frames that wait while one is solved: the next is read while fewer than the bound wait. Thread-safe.</summary>
internal sealed class ReadAhead(long most)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _room = Full(isFull: false);
    private long _waiting;

    /// <summary>Counts a frame that waits from now on, or with a negative number one that no longer does.</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            _waiting += bytes;
            if (_waiting < most)
            {
                _room.TrySetResult();
            }
            else if (_room.Task.IsCompleted)
            {
                _room = Full(isFull: true);
            }
        }
    }

    /// <summary>Waits until another frame may be read.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _room.Task.WaitAsync(cancellation);
        }
    }

    private static TaskCompletionSource Full(bool isFull)
    {
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!isFull)
        {
            room.SetResult();
        }

        return room;
    }
}
