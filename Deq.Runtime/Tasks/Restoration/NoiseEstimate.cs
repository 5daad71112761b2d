namespace Deq.Runtime.Tasks.Restoration;

/// <summary>The strength of white noise in a plane, by the median of its finest diagonal wavelet coefficients.</summary>
/// <remarks>
/// Fine texture counts as noise, so that the estimate is too high on a picture without noise. Source: Donoho and Johnstone, "Ideal spatial adaptation by
/// wavelet shrinkage" (1994).
/// </remarks>
public static class NoiseEstimate
{
    // The median of |n| for a standard normal n.
    private const double NormalMedian = 0.6745;

    /// <summary>Standard deviation, in the unit of the pixels; null where no 2 × 2 pixels that begin on even rows and columns are all known.</summary>
    /// <param name="picture"><c>[height, width]</c>.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="known">Pixels that count; null for all.</param>
    public static double? Of(ReadOnlySpan<float> picture, int width, IReadOnlyList<bool>? known = null)
    {
        int height = picture.Length / width;
        var details = new List<float>();
        for (int row = 0; row + 1 < height; row += 2)
        {
            for (int column = 0; column + 1 < width; column += 2)
            {
                int at = (row * width) + column, below = at + width;
                if (known is null || (known[at] && known[at + 1] && known[below] && known[below + 1]))
                {
                    details.Add(MathF.Abs(picture[at] - picture[at + 1] - picture[below] + picture[below + 1]) / 2);
                }
            }
        }

        details.Sort();
        return details.Count == 0 ? null : details[details.Count / 2] / NormalMedian;
    }
}
