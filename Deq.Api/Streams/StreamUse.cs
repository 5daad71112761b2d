namespace Deq.Api.Streams;

/// <summary>A use of a stream, with its turn where it has that.</summary>
internal sealed class StreamUse(Action leave, IDisposable? turn) : IDisposable
{
    private Action? _leave = leave;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _leave, null) is { } last)
        {
            turn?.Dispose();
            last();
        }
    }
}
