using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using OpenCvSharp;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>The classical baseline: Farnebäck's dense flow by polynomial expansion over an image pyramid, from OpenCV, on luminance.</summary>
/// <remarks>
/// Five levels of half size, window 15, three iterations per level, polynomials over 7 pixels with deviation 1.5, Gaussian window.
/// Source: G. Farnebäck, "Two-frame motion estimation based on polynomial expansion", SCIA 2003.
/// </remarks>
public sealed class FarnebackFlow : IFlowEstimator
{
    /// <inheritdoc/>
    public string Name => "Farnebäck";

    /// <inheritdoc/>
    public FlowField Estimate(DecodedImage first, DecodedImage second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        using Mat before = Luminance(first);
        using Mat after = Luminance(second);
        using var flow = new Mat();
        Cv2.CalcOpticalFlowFarneback(
            before, after, flow, pyrScale: 0.5, levels: 5, winsize: 15, iterations: 3, polyN: 7, polySigma: 1.5, OpticalFlowFlags.FarnebackGaussian);
        flow.GetArray(out Vec2f[] vectors);
        return new FlowField(first.Width, first.Height, [.. vectors.Select(vector => vector.Item0)], [.. vectors.Select(vector => vector.Item1)]);
    }

    private static Mat Luminance(DecodedImage image)
    {
        using var colours = Mat.FromPixelData(image.Height, image.Width, MatType.CV_8UC4, image.Pixels);
        var grey = new Mat();
        Cv2.CvtColor(colours, grey, ColorConversionCodes.RGBA2GRAY);
        return grey;
    }
}
