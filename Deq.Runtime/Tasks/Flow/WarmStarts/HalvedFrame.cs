using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>A frame at half of its resolution, as starts of solves are judged on it: red, green, blue and grey side by side, 0 to 255.</summary>
public sealed class HalvedFrame
{
    /// <summary>The place of grey in a pixel.</summary>
    internal const int Grey = 3;

    private readonly Vector128<float>[] _pixels;

    private HalvedFrame(DecodedImage image)
    {
        (FrameWidth, FrameHeight) = (image.Width, image.Height);
        (Width, Height) = ((image.Width + 1) / 2, (image.Height + 1) / 2);
        _pixels = new Vector128<float>[Width * Height];
        for (int i = 0; i < _pixels.Length; i++)
        {
            (int left, int top) = (2 * (i % Width), 2 * (i / Width));
            (int right, int bottom) = (Math.Min(left + 1, image.Width - 1), Math.Min(top + 1, image.Height - 1));
            _pixels[i] = (Pixel(image, left, top) + Pixel(image, right, top) + Pixel(image, left, bottom) + Pixel(image, right, bottom)) / 4;
        }
    }

    /// <summary>Pixels of the whole frame.</summary>
    public int FrameWidth { get; }

    /// <summary>Pixels of the whole frame.</summary>
    public int FrameHeight { get; }

    /// <summary>Bytes of the pixels.</summary>
    public long Bytes => 16L * _pixels.Length;

    /// <summary>Pixels of the half.</summary>
    internal int Width { get; }

    /// <summary>Pixels of the half.</summary>
    internal int Height { get; }

    /// <summary>Means of blocks of two by two; the last column and row stand twice where there is half a block.</summary>
    public static HalvedFrame Of(DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new HalvedFrame(image);
    }

    /// <summary>Whether this and the other are of frames of one size.</summary>
    internal bool IsLike(HalvedFrame other) => (FrameWidth, FrameHeight) == (other.FrameWidth, other.FrameHeight);

    /// <summary>A pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector128<float> At(int x, int y) => _pixels[(y * Width) + x];

    /// <summary>Whether <see cref="Between"/> may be asked there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Holds(float x, float y) => x >= 0 && x <= Width - 1 && y >= 0 && y <= Height - 1;

    /// <summary>What lies between pixels, bilinearly; the place must be inside, for nothing checks it here: this is where the time of a predicted start goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector128<float> Between(float x, float y)
    {
        (int left, int top) = ((int)x, (int)y);
        (int right, int bottom) = (Math.Min(left + 1, Width - 1), Math.Min(top + 1, Height - 1));
        (float across, float down) = (x - left, y - top);
        ref Vector128<float> pixels = ref MemoryMarshal.GetArrayDataReference(_pixels);
        Vector128<float> upper = Unsafe.Add(ref pixels, (top * Width) + left);
        upper += across * (Unsafe.Add(ref pixels, (top * Width) + right) - upper);
        Vector128<float> lower = Unsafe.Add(ref pixels, (bottom * Width) + left);
        lower += across * (Unsafe.Add(ref pixels, (bottom * Width) + right) - lower);
        return upper + (down * (lower - upper));
    }

    private static Vector128<float> Pixel(DecodedImage image, int x, int y)
    {
        int pixel = (y * image.Width) + x;
        ReadOnlySpan<byte> colours = image.Pixels.AsSpan(4 * pixel, 3);
        return Vector128.Create(colours[0], colours[1], colours[2], image.Grey256(pixel) / 256f);
    }
}
