namespace Deq.Runtime.Imaging;

/// <summary>How a window of one axis becomes another number of pixels: which source pixels each target pixel takes, and how much of each.</summary>
/// <remarks>
/// Shrinking averages the area that a target pixel covers, so fine detail does not alias; enlarging interpolates linearly between pixel
/// centres. The same length is the identity, exactly.
/// </remarks>
internal sealed class ResampledAxis
{
    private readonly int[] _first;
    private readonly float[][] _weights;

    /// <summary>Computes the weights, which sum to 1 per target pixel.</summary>
    /// <param name="source">Pixels of the source.</param>
    /// <param name="start">Where the window begins, in source pixels.</param>
    /// <param name="length">How long it is, in source pixels; it ends within the source.</param>
    /// <param name="target">Pixels of the target.</param>
    public ResampledAxis(int source, double start, double length, int target)
    {
        (_first, _weights) = (new int[target], new float[target][]);
        double step = length / target;
        for (int i = 0; i < target; i++)
        {
            (_first[i], _weights[i]) = step >= 1
                ? Average(source, start + (i * step), start + ((i + 1) * step))
                : Interpolate(source, start + ((i + 0.5) * step) - 0.5);
        }
    }

    /// <summary>Pixels of the target.</summary>
    public int Length => _first.Length;

    /// <summary>The first source pixel that a target pixel takes.</summary>
    public int First(int target) => _first[target];

    /// <summary>How much it takes of that pixel and of those that follow.</summary>
    public ReadOnlySpan<float> Weights(int target) => _weights[target];

    private static (int First, float[] Weights) Average(int source, double from, double to)
    {
        int first = Math.Clamp((int)Math.Floor(from), 0, source - 1);
        int last = Math.Clamp((int)Math.Ceiling(to) - 1, first, source - 1);
        IEnumerable<int> pixels = Enumerable.Range(first, last - first + 1);
        double[] covered = [.. pixels.Select(pixel => Math.Max(Math.Min(to, pixel + 1) - Math.Max(from, pixel), 0))];
        double sum = covered.Sum();
        return (first, [.. covered.Select(part => (float)(part / sum))]);
    }

    private static (int First, float[] Weights) Interpolate(int source, double centre)
    {
        double inside = Math.Clamp(centre, 0, source - 1);
        int first = (int)inside;
        float next = (float)(inside - first);
        return next == 0 ? (first, [1f]) : (first, [1 - next, next]);
    }
}
