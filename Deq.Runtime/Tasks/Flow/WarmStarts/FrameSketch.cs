using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>A frame in little, by which the next one is held against it: up to 32 × 24 grey means, and how often each of 32 greys occurs. Immutable.</summary>
public sealed class FrameSketch
{
    private const int Columns = 32;
    private const int Rows = 24;
    private const int Greys = 32;

    private readonly float[] _means;
    private readonly float[] _shares;

    private FrameSketch(float[] means, float[] shares) => (_means, _shares) = (means, shares);

    /// <summary>Bytes that a sketch keeps at most.</summary>
    public const int Bytes = ((Columns * Rows) + Greys) * sizeof(float);

    /// <summary>Sketches a frame of any size.</summary>
    public static FrameSketch Of(DecodedImage frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        int across = Math.Min(Columns, frame.Width);
        int down = Math.Min(Rows, frame.Height);
        float[] means = new float[across * down];
        int[] counts = new int[across * down];
        int[] greys = new int[Greys];
        int[] columns = [.. Enumerable.Range(0, frame.Width).Select(x => (int)((long)x * across / frame.Width))];
        for (int y = 0; y < frame.Height; y++)
        {
            int first = (int)((long)y * down / frame.Height) * across;
            for (int x = 0; x < columns.Length; x++)
            {
                int grey = frame.Grey256((y * frame.Width) + x) >> 8;
                means[first + columns[x]] += grey;
                counts[first + columns[x]]++;
                greys[grey * Greys / 256]++;
            }
        }

        for (int cell = 0; cell < means.Length; cell++)
        {
            means[cell] /= 255f * counts[cell];
        }

        float pixels = (float)frame.Width * frame.Height;
        return new FrameSketch(means, [.. greys.Select(count => count / pixels)]);
    }

    /// <summary>How much another frame of the same size differs.</summary>
    /// <exception cref="ArgumentException">The frames were of sizes that show.</exception>
    public FrameDifference Difference(FrameSketch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (_means.Length != other._means.Length)
        {
            throw new ArgumentException($"The sketches have {_means.Length} and {other._means.Length} means; their frames differ in size.", nameof(other));
        }

        double picture = 0;
        for (int cell = 0; cell < _means.Length; cell++)
        {
            picture += Math.Abs(_means[cell] - other._means[cell]);
        }

        double greys = 0;
        for (int grey = 0; grey < _shares.Length; grey++)
        {
            greys += Math.Abs(_shares[grey] - other._shares[grey]);
        }

        return new FrameDifference(picture / _means.Length, greys / 2);
    }
}

/// <summary>How much two frames differ.</summary>
/// <param name="Picture">Mean absolute difference of the grey means, 0 to 1.</param>
/// <param name="Greys">The share of pixels whose grey would have to change to make the histograms equal, 0 to 1.</param>
public readonly record struct FrameDifference(double Picture, double Greys);
