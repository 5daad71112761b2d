using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>One pass over the training images.</summary>
public static class Epoch
{
    /// <summary>Every index once, in an order that is new in each epoch; the last batch may be smaller.</summary>
    /// <param name="indices">Images to visit.</param>
    /// <param name="batchSize">Images per batch, at least 1.</param>
    /// <param name="seed">With the epoch it decides the order.</param>
    /// <param name="epoch">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    public static IEnumerable<int[]> Batches(IReadOnlyList<int> indices, int batchSize, int seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        int[] order = [.. indices];
        new SplitMix64(seed, epoch).Shuffle<int>(order);
        return order.Chunk(batchSize);
    }
}
