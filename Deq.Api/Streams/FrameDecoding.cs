using Deq.Runtime.Imaging;

namespace Deq.Api.Streams;

/// <summary>
/// Decodes frames that no solve goes with: the first of a stream, or of a size. On threads of their own, one per processor at a time, so that
/// those that handle requests do not compute.
/// </summary>
internal sealed class FrameDecoding : IDisposable
{
    private readonly SemaphoreSlim _free = new(Environment.ProcessorCount);

    /// <exception cref="ImageRejectedException">It cannot be decoded within the limits.</exception>
    public async Task<KeptFrame> DecodeAsync(byte[] bytes, ImageLimits limits, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation);
        try
        {
            return await Task.Factory.StartNew(
                () => KeptFrame.Of(ImageDecoder.Decode(bytes, limits)), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
