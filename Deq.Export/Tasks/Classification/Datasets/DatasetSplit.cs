using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Which images train the weights and which only choose between weights. Disjoint, together all, each in rising order.</summary>
/// <param name="Train">Indices of images to train with.</param>
/// <param name="Validation">Indices of images held out.</param>
internal sealed record DatasetSplit(int[] Train, int[] Validation)
{
    /// <summary>The same text where the same images of as many train and are held out: by their indices, not by their pixels.</summary>
    public string Fingerprint =>
        $"{Train.Length + Validation.Length} images, held out {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(Validation)))}";

    /// <summary>Holds out the same share of every class, chosen at random.</summary>
    /// <remarks>
    /// Each class gives the nearest whole number of images, but at least one, and keeps at least one; a class of a single image keeps it.
    /// </remarks>
    /// <param name="dataset">What to split.</param>
    /// <param name="share">Of each class, in (0, 1).</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in (0, 1).</exception>
    public static DatasetSplit HoldOut(ImageDataset dataset, double share, int seed)
    {
        if (share is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share lies above 0 and below 1.");
        }

        List<int> train = [];
        List<int> validation = [];
        foreach (IGrouping<int, int> members in Enumerable.Range(0, dataset.Count).GroupBy(dataset.Label))
        {
            int[] order = [.. members];
            new SplitMix64(seed, members.Key).Shuffle<int>(order);
            int held = Math.Clamp((int)Math.Round(share * order.Length), 1, Math.Max(1, order.Length - 1));
            held = order.Length == 1 ? 0 : held;
            validation.AddRange(order[..held]);
            train.AddRange(order[held..]);
        }

        return new DatasetSplit([.. train.Order()], [.. validation.Order()]);
    }
}
