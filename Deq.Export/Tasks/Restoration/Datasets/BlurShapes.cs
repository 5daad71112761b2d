using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Datasets;

/// <summary>The kernels that restorers are trained and measured with.</summary>
internal static class BlurShapes
{
    /// <summary>A Gaussian.</summary>
    /// <param name="size">Pixels along each side, odd.</param>
    /// <param name="deviation">Pixels.</param>
    public static BlurKernel Gaussian(int size, double deviation) => Of(size, (down, across) => Math.Exp(-((down * down) + (across * across)) / (2 * deviation * deviation)));

    /// <summary>A straight line through the centre, drawn with soft edges.</summary>
    /// <param name="size">Pixels along each side, odd, at least the length.</param>
    /// <param name="length">Pixels.</param>
    /// <param name="degrees">From the horizontal.</param>
    public static BlurKernel Motion(int size, double length, double degrees)
    {
        (double sine, double cosine) = Math.SinCos(degrees * Math.PI / 180);
        return Of(size, (down, across) =>
            Math.Abs((across * cosine) - (down * sine)) > length / 2 ? 0 : Math.Max(0, 1 - Math.Abs((across * sine) + (down * cosine))));
    }

    private static BlurKernel Of(int size, Func<int, int, double> weight)
    {
        float[] weights = [.. Enumerable.Range(0, size * size).Select(i => (float)weight((i / size) - (size / 2), (i % size) - (size / 2)))];
        return BlurKernel.Of(weights, size, size, out string? refusal) ?? throw new ArgumentException(refusal, nameof(size));
    }
}
