namespace Deq.Api.Streams;

/// <summary>A stream's turn, and its use while it lasts.</summary>
internal sealed class StreamUse(Action leave, IDisposable turn) : IDisposable
{
    private Action? _leave = leave;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _leave, null) is { } last)
        {
            turn.Dispose();
            last();
        }
    }
}
