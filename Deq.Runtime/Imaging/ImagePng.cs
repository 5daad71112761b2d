namespace Deq.Runtime.Imaging;

/// <summary>Writes an image of values from 0 to 1 as PNG of 8 bits per sample.</summary>
public static class ImagePng
{
    private const int Depth = 8;
    private const float Most = 255;

    /// <summary>Writes it. Values outside of 0 to 1 become the nearer of the two.</summary>
    /// <param name="values"><c>[channels, height, width]</c>.</param>
    /// <param name="channels">1 grey, 3 red, green, blue.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    /// <exception cref="ArgumentException">There are not as many values.</exception>
    public static byte[] Of(ReadOnlySpan<float> values, int channels, int height, int width)
    {
        int plane = height * width;
        if (values.Length != channels * plane)
        {
            throw new ArgumentException($"There are {values.Length} values; [{channels}, {height}, {width}] are needed.", nameof(values));
        }

        ushort[] samples = new ushort[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            samples[(i % plane * channels) + (i / plane)] = (ushort)MathF.Round(Most * Math.Clamp(values[i], 0, 1));
        }

        return PngWriter.Write(new PngSamples(width, height, channels, Depth, samples));
    }
}
