using Deq.Api.Fronts.OpenInference;
using Deq.Api.Requests;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferBodySpecs : IDisposable
{
    private const int Bytes = 6 << 20;

    /// <summary>What the account rounds up to: the size of a piece.</summary>
    private const int Piece = 64 << 10;

    private readonly TensorServer _server = new();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Decompresses_without_copies_that_grow_uncounted(string encoding)
    {
        InferBody bodies = _server.Services.GetRequiredService<InferBody>();
        using HeldBodies.Share share = _server.Services.GetRequiredService<HeldBodies>().Open("model", "client");
        byte[] compressed = await (await InferRequests.Body(new string(' ', Bytes)).Compressed(encoding)).ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        long before = GC.GetAllocatedBytesForCurrentThread();

        byte[] plain = bodies.Decompress(compressed, encoding, share);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(Bytes, plain.Length);
        Assert.InRange(share.Held, Bytes, Bytes + Piece);

        // The pieces that it comes in, and the array that they end in.
        Assert.InRange(allocated, 0, (2 * Bytes) + (8 * Piece));
    }
}
