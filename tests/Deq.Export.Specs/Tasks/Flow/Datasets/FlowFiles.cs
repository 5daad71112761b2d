using Deq.Runtime.Tasks.Flow;
using SkiaSharp;

namespace Deq.Export.Specs.Tasks.Flow.Datasets;

/// <summary>Small frames, truths and masks as files.</summary>
internal static class FlowFiles
{
    public const int Width = 6;
    public const int Height = 4;

    public static byte[] Png(byte grey = 100, int width = Width, int height = Height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(grey, grey, grey));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>White in its first pixel, black elsewhere.</summary>
    public static byte[] Mask()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.Black);
        bitmap.SetPixel(0, 0, SKColors.White);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public static byte[] Pixmap(byte grey) =>
        [.. "P6\n# made by hand\n6 4\n255\n"u8, .. Enumerable.Repeat(grey, 3 * Width * Height)];

    /// <summary>u = 2, v = −1 everywhere; unknown in the last pixels.</summary>
    public static FlowField Flow(int unknown = 0)
    {
        int pixels = Width * Height;
        bool[] known = [.. Enumerable.Range(0, pixels).Select(pixel => pixel < pixels - unknown)];
        return new FlowField(Width, Height, [.. Enumerable.Repeat(2f, pixels)], [.. Enumerable.Repeat(-1f, pixels)], known);
    }
}
