using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>KITTI's flow: a PNG of 16 bits per channel; red is 64·u + 2¹⁵, green 64·v + 2¹⁵, blue 1 where the flow is known.</summary>
/// <remarks>
/// It holds −512 to 511.98 pixels in steps of 1/64; a longer vector is written as unknown. Source: Menze and Geiger, "Object scene flow for
/// autonomous vehicles", CVPR 2015, development kit.
/// </remarks>
public static class KittiFlow
{
    private const float Scale = 64;
    private const int Zero = 1 << 15;

    /// <summary>Writes a field, each number rounded to 1/64 pixel.</summary>
    public static byte[] Write(FlowField flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ushort[] samples = new ushort[3 * flow.U.Length];
        for (int pixel = 0; pixel < flow.U.Length; pixel++)
        {
            float red = MathF.Round(flow.U[pixel] * Scale) + Zero;
            float green = MathF.Round(flow.V[pixel] * Scale) + Zero;
            if (flow.Known[pixel] && IsHeld(red) && IsHeld(green))
            {
                (samples[3 * pixel], samples[(3 * pixel) + 1], samples[(3 * pixel) + 2]) = ((ushort)red, (ushort)green, 1);
            }
        }

        return PngWriter.Write(new PngSamples(flow.Width, flow.Height, 3, 16, samples));
    }

    /// <summary>Reads a field.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ImageRejectedException">It is no PNG or not one of 16-bit RGB, passes a limit, or is cut off or damaged.</exception>
    public static FlowField Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        PngSamples image = PngReader.Read(bytes, limits);
        if (image is not { Channels: 3, Depth: 16 })
        {
            throw new ImageRejectedException(
                ImageFault.UnknownFormat, $"The flow PNG has {image.Channels} channels of {image.Depth} bits; KITTI's has 3 of 16.");
        }

        int pixels = image.Width * image.Height;
        (float[] u, float[] v, bool[] known) = (new float[pixels], new float[pixels], new bool[pixels]);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            u[pixel] = (image.Samples[3 * pixel] - Zero) / Scale;
            v[pixel] = (image.Samples[(3 * pixel) + 1] - Zero) / Scale;
            known[pixel] = image.Samples[(3 * pixel) + 2] > 0;
        }

        return new FlowField(image.Width, image.Height, u, v, known);
    }

    private static bool IsHeld(float sample) => sample is >= 0 and <= ushort.MaxValue;
}
