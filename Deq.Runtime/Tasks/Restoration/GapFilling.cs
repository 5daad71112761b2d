namespace Deq.Runtime.Tasks.Restoration;

/// <summary>A first guess of missing pixels: means of known ones over ever larger squares, coarse to fine (push–pull).</summary>
/// <remarks>Source: Gortler, Grzeszczuk, Szeliski and Cohen, "The lumigraph" (1996), section 3.4.</remarks>
internal static class GapFilling
{
    /// <summary>The picture with its gaps filled; known pixels stay.</summary>
    /// <param name="picture"><c>[height, width]</c>.</param>
    /// <param name="known">At least one is.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    public static float[] Fill(ReadOnlySpan<float> picture, IReadOnlyList<bool> known, int height, int width)
    {
        float[] filled = picture.ToArray();
        bool[] isKnown = [.. known];
        if (Array.TrueForAll(isKnown, each => each))
        {
            return filled;
        }

        if (height == 1 && width == 1)
        {
            return filled;
        }

        (int halfHeight, int halfWidth) = ((height + 1) / 2, (width + 1) / 2);
        float[] sums = new float[halfHeight * halfWidth];
        int[] counts = new int[sums.Length];
        for (int pixel = 0; pixel < filled.Length; pixel++)
        {
            int block = (pixel / width / 2 * halfWidth) + (pixel % width / 2);
            (sums[block], counts[block]) = isKnown[pixel] ? (sums[block] + filled[pixel], counts[block] + 1) : (sums[block], counts[block]);
        }

        for (int block = 0; block < sums.Length; block++)
        {
            sums[block] /= Math.Max(1, counts[block]);
        }

        float[] coarse = Fill(sums, [.. counts.Select(count => count > 0)], halfHeight, halfWidth);
        for (int pixel = 0; pixel < filled.Length; pixel++)
        {
            filled[pixel] = isKnown[pixel] ? filled[pixel] : coarse[(pixel / width / 2 * halfWidth) + (pixel % width / 2)];
        }

        return filled;
    }
}
