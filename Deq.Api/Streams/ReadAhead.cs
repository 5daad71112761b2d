namespace Deq.Api.Streams;

/// <summary>Bounds the bytes of frames that wait while one is solved: the next is read while fewer than the bound wait. Thread-safe.</summary>
internal sealed class ReadAhead(long most)
{
    /// <summary>What a frame counts at least, in bytes: a small one takes memory too, and one by one they would be without number.</summary>
    private const int Least = 16 << 10;

    private readonly Lock _gate = new();
    private TaskCompletionSource _room = Full(isFull: false);
    private long _waiting;

    /// <summary>Counts a frame that waits from now on.</summary>
    public void Add(int bytes) => Change(Math.Max(Least, bytes));

    /// <summary>Counts a frame that no longer waits.</summary>
    public void Remove(int bytes) => Change(-Math.Max(Least, bytes));

    /// <summary>Waits until another frame may be read.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _room.Task.WaitAsync(cancellation);
        }
    }

    private void Change(int bytes)
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
