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

    private static readonly float s_half = 1 / MathF.Sqrt(2);
    private static readonly float s_sixth = 1 / MathF.Sqrt(6);

    /// <summary>By how much noise of the colours is fainter in each plane.</summary>
    public IReadOnlyList<double> NoiseShares => Planes.Count == 1 ? [1] : [1 / Math.Sqrt(3), 1, 1];

    /// <summary>The planes of an image over black; one plane where all pixels are grey.</summary>
    public static PicturePlanes Of(DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        float[][] planes = [.. Enumerable.Range(0, IsGrey(image) ? 1 : 3).Select(_ => new float[image.Width * image.Height])];
        for (int i = 0; i < planes[0].Length; i++)
        {
            float red = image.Pixels[4 * i] / 255f, green = image.Pixels[(4 * i) + 1] / 255f, blue = image.Pixels[(4 * i) + 2] / 255f;
            if (planes.Length == 1)
            {
                planes[0][i] = red;
                continue;
            }

            (planes[0][i], planes[1][i], planes[2][i]) =
                ((red + green + blue) / 3, Middle + (s_half * (red - blue)), Middle + (s_sixth * (red - (2 * green) + blue)));
        }

        return new PicturePlanes(image.Width, image.Height, planes);
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
            float light = Planes[0][i], one = s_half * (Planes[1][i] - Middle), other = s_sixth * (Planes[2][i] - Middle);
            (colours[3 * i], colours[(3 * i) + 1], colours[(3 * i) + 2]) = (light + one + other, light - (2 * other), light - one + other);
        }

        return colours;
    }

    /// <summary>As a PNG of 8 bits per sample.</summary>
    public byte[] Png()
    {
        int channels = Planes.Count;
        ushort[] samples = [.. Colours().Select(value => (ushort)MathF.Round(255 * Math.Clamp(value, 0, 1)))];
        return PngWriter.Write(new PngSamples(Width, Height, channels, 8, samples));
    }

    private static bool IsGrey(DecodedImage image)
    {
        for (int i = 0; i < image.Pixels.Length; i += 4)
        {
            if (image.Pixels[i] != image.Pixels[i + 1] || image.Pixels[i] != image.Pixels[i + 2])
            {
                return false;
            }
        }

        return true;
    }
}
