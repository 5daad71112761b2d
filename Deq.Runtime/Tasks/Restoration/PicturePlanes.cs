using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>A picture as the planes that are restored one by one: its grey, or its luminance and two colour differences.</summary>
/// <remarks>
/// The luminance is the mean of the colours, so white noise is √3 times fainter in it; the differences are orthonormal and keep it, about a middle of ½.
/// Pictures show far more in the luminance. The transform of every pixel commutes with blurs, masks and shrinking. Source: the opponent colours of
/// Dabov and others, "Color image denoising via sparse 3D collaborative filtering" (2007).
/// </remarks>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Planes">1 or 3, each <c>[Height, Width]</c>.</param>
public sealed record PicturePlanes(int Width, int Height, IReadOnlyList<float[]> Planes)
{
    private const float Middle = 0.5f;
    private const int Shallow = 8;
    private const double DifferenceNoise = 0.9;
    private const double DifferenceStrength = 2;

    private static readonly float s_half = 1 / MathF.Sqrt(2);
    private static readonly float s_sixth = 1 / MathF.Sqrt(6);

    /// <summary>For which share of the colours' noise each plane is restored: the differences for a little less than they hold, so that their faint edges are seen, but twice as strongly.</summary>
    public IReadOnlyList<double> NoiseShares => Planes.Count == 1 ? [1] : [1 / Math.Sqrt(3), DifferenceNoise, DifferenceNoise];

    /// <summary>How strongly each plane is restored, by what a request asks for: the differences twice as strongly, since they show less than the pictures of training.</summary>
    public IReadOnlyList<double> StrengthShares => Planes.Count == 1 ? [1] : [1, DifferenceStrength, DifferenceStrength];

    /// <summary>What the planes take.</summary>
    public long Bytes => sizeof(float) * (long)Planes.Count * Width * Height;

    /// <summary>Bits per sample of the file it came from, and of <see cref="Png"/>: 8 or 16. Default 8.</summary>
    public int Depth { get; init; } = Shallow;

    /// <summary>Decodes a picture: PNG, JPEG or WebP. Sixteen bits are kept where the file says nothing of colours or of turning that needs a decoder for eight.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="before">Called before the planes are made, with the picture's pixels and the planes' bytes; what it throws ends the decoding. Default null.</param>
    /// <exception cref="ImageRejectedException">It is no such picture, passes a limit, or is damaged.</exception>
    public static PicturePlanes Decode(ReadOnlyMemory<byte> bytes, ImageLimits limits, Action<long, long>? before = null) =>
        DeepPng.Read(bytes.Span, limits) is { } deep ? Of(deep, before) : Of(ImageDecoder.Decode(bytes, limits), before);

    /// <summary>The planes of an image over black; one plane where all pixels are grey.</summary>
    public static PicturePlanes Of(DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Of(image, before: null);
    }

    /// <summary>The planes of colours.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="colours"><c>[height, width, 3]</c>, about 0 to 1.</param>
    public static PicturePlanes OfColours(int width, int height, float[] colours)
    {
        ArgumentNullException.ThrowIfNull(colours);
        return Of(width, height, isGrey: false, before: null, pixel => (colours[3 * pixel], colours[(3 * pixel) + 1], colours[(3 * pixel) + 2]));
    }

    private static PicturePlanes Of(DecodedImage image, Action<long, long>? before) => Of(
        image.Width, image.Height, IsGrey<byte>(image.Pixels, 4), before, pixel => (image.Pixels[4 * pixel] / 255f, image.Pixels[(4 * pixel) + 1] / 255f, image.Pixels[(4 * pixel) + 2] / 255f));

    /// <summary>The planes of stored samples over black; one plane where all pixels are grey.</summary>
    private static PicturePlanes Of(PngSamples image, Action<long, long>? before)
    {
        float most = (1 << image.Depth) - 1;
        int channels = image.Channels;
        bool isGrey = channels < 3 || IsGrey<ushort>(image.Samples, channels), hasAlpha = channels is 2 or 4;
        PicturePlanes planes = Of(image.Width, image.Height, isGrey, before, pixel =>
        {
            ReadOnlySpan<ushort> samples = image.Samples.AsSpan(channels * pixel, channels);
            float scale = (hasAlpha ? samples[^1] / most : 1) / most;
            return isGrey ? (scale * samples[0], 0, 0) : (scale * samples[0], scale * samples[1], scale * samples[2]);
        });
        return planes with { Depth = image.Depth };
    }

    private static PicturePlanes Of(int width, int height, bool isGrey, Action<long, long>? before, Func<int, (float Red, float Green, float Blue)> at)
    {
        int count = isGrey ? 1 : 3;
        long pixels = (long)width * height;
        before?.Invoke(pixels, sizeof(float) * count * pixels);
        float[][] planes = [.. Enumerable.Range(0, count).Select(_ => new float[pixels])];
        for (int i = 0; i < planes[0].Length; i++)
        {
            (float red, float green, float blue) = at(i);
            if (isGrey)
            {
                planes[0][i] = red;
                continue;
            }

            (planes[0][i], planes[1][i], planes[2][i]) =
                ((red + green + blue) / 3, Middle + (s_half * (red - blue)), Middle + (s_sixth * (red - (2 * green) + blue)));
        }

        return new PicturePlanes(width, height, planes);
    }

    /// <summary>The colours again, <c>[Height, Width, 1 or 3]</c>, 0 to 1 and beyond.</summary>
    public float[] Colours()
    {
        if (Planes.Count == 1)
        {
            return Planes[0];
        }

        float[] colours = new float[3 * Planes[0].Length];
        for (int i = 0; i < Planes[0].Length; i++)
        {
            (colours[3 * i], colours[(3 * i) + 1], colours[(3 * i) + 2]) = ColourAt(i);
        }

        return colours;
    }

    /// <summary>How bright each pixel is to the eye, 0 to 1: 0.299 red + 0.587 green + 0.114 blue.</summary>
    public float[] Luminance()
    {
        if (Planes.Count == 1)
        {
            return Planes[0];
        }

        float[] luminance = new float[Planes[0].Length];
        for (int i = 0; i < luminance.Length; i++)
        {
            (float red, float green, float blue) = ColourAt(i);
            luminance[i] = (0.299f * red) + (0.587f * green) + (0.114f * blue);
        }

        return luminance;
    }

    /// <summary>As a PNG of <see cref="Depth"/> bits per sample.</summary>
    public byte[] Png()
    {
        int channels = Planes.Count;
        float most = (1 << Depth) - 1;
        ushort[] samples = [.. Colours().Select(value => (ushort)MathF.Round(most * Math.Clamp(value, 0, 1)))];
        return PngWriter.Write(new PngSamples(Width, Height, channels, Depth, samples));
    }

    private (float Red, float Green, float Blue) ColourAt(int pixel)
    {
        float light = Planes[0][pixel], one = s_half * (Planes[1][pixel] - Middle), other = s_sixth * (Planes[2][pixel] - Middle);
        return (light + one + other, light - (2 * other), light - one + other);
    }

    /// <summary>Whether the first three samples of every pixel are equal.</summary>
    private static bool IsGrey<T>(ReadOnlySpan<T> samples, int channels)
        where T : IEquatable<T>
    {
        for (int i = 0; i < samples.Length; i += channels)
        {
            if (!samples[i].Equals(samples[i + 1]) || !samples[i].Equals(samples[i + 2]))
            {
                return false;
            }
        }

        return true;
    }
}
