using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>A small grey picture of a plane that is being restored.</summary>
/// <param name="width">Of the plane, pixels.</param>
/// <param name="height">Of the plane, pixels.</param>
internal sealed class PicturePreview(int width, int height)
{
    /// <summary>The most pixels along a side.</summary>
    private const int Side = 192;

    /// <summary>The most bytes that <see cref="Of"/> takes: of each pixel a byte in the PNG, which is four thirds of a character of two bytes, and the PNG's own.</summary>
    public long Bytes => 1024 + (3L * Down(width) * Down(height));

    private int Step => (Math.Max(width, height) + Side - 1) / Side;

    /// <summary>A PNG in base64.</summary>
    /// <param name="plane">Row by row.</param>
    public string Of(float[] plane)
    {
        (int step, int wide, int high) = (Step, Down(width), Down(height));
        float[] pixels = [.. Enumerable.Range(0, wide * high).Select(i => plane[(i / wide * step * width) + (i % wide * step)])];
        return Convert.ToBase64String(new PicturePlanes(wide, high, [pixels]).Png());
    }

    private int Down(int side) => (side + Step - 1) / Step;
}
