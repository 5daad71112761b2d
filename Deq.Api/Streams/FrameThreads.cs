namespace Deq.Api.Streams;

/// <summary>
/// Computes what no solve goes with, such as decoding the first frame of a stream: on threads of their own, one per processor at a time, so that
/// those that handle requests do not compute.
/// </summary>
internal sealed class FrameThreads : IDisposable
{
    private readonly SemaphoreSlim _free = new(Environment.ProcessorCount);

    public async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation);
        try
        {
            return await Task.Factory.StartNew(compute, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
