using SkiaSharp;

namespace Deq.Runtime.Imaging;

/// <summary>Decodes PNG, JPEG and WebP from untrusted clients: sizes are read and checked against the limits before a pixel is decoded.</summary>
/// <remarks>Of an animation the first frame counts. Thread-safe; a call computes on the caller's thread.</remarks>
public static class ImageDecoder
{
    /// <summary>Says what an image is without decoding it.</summary>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="clock">Measures time; null is the system's.</param>
    /// <exception cref="ImageRejectedException">Its format is unknown, it passes a limit, or its head is damaged.</exception>
    public static ImageHeader Identify(ReadOnlyMemory<byte> bytes, ImageLimits limits, TimeProvider? clock = null)
    {
        ImageFormat format = FormatOf(bytes.Span, limits);
        SKEncodedOrigin origin = OriginOf(format, bytes.Span);
        using var stream = new TimedBytes(OfPixels(format, bytes), limits.MaxDecodeTime, clock ?? TimeProvider.System);
        using SKCodec codec = Open(stream, format, origin, limits);
        return HeaderOf(codec, format, origin);
    }

    /// <summary>Decodes an image whole, upright and in sRGB.</summary>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="clock">Measures time; null is the system's.</param>
    /// <exception cref="ImageRejectedException">Its format is unknown, it passes a limit, or it is truncated or damaged.</exception>
    public static DecodedImage Decode(ReadOnlyMemory<byte> bytes, ImageLimits limits, TimeProvider? clock = null)
    {
        ImageFormat format = FormatOf(bytes.Span, limits);
        SKEncodedOrigin origin = OriginOf(format, bytes.Span);
        DecodedImage stored = Stored(bytes, format, origin, limits, clock ?? TimeProvider.System);

        // The codec of an interlaced image holds all of its pixels, so it is disposed of before turning takes another copy.
        return ImageOrientation.Upright(stored.Width, stored.Height, stored.Pixels, origin);
    }

    private static DecodedImage Stored(ReadOnlyMemory<byte> bytes, ImageFormat format, SKEncodedOrigin origin, ImageLimits limits, TimeProvider clock)
    {
        using var stream = new TimedBytes(OfPixels(format, bytes), limits.MaxDecodeTime, clock);
        using SKCodec codec = Open(stream, format, origin, limits);
        if (!EncodedImageEnds.IsWhole(format, bytes.Span))
        {
            throw Truncated(format);
        }

        using var space = SKColorSpace.CreateSrgb();
        var target = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul, space);
        byte[] pixels = new byte[target.BytesSize];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* first = pixels)
            {
                result = codec.GetPixels(target, (nint)first);
            }
        }

        return result switch
        {
            SKCodecResult.Success => new DecodedImage(target.Width, target.Height, pixels),
            _ when stream.IsSpent => throw Slow(limits),
            SKCodecResult.IncompleteInput => throw Truncated(format),
            _ => throw new ImageRejectedException(ImageFault.Undecodable, $"The {NameOf(format)} image is damaged ({result})."),
        };
    }

    private static ImageFormat FormatOf(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (bytes.Length > limits.MaxBytes)
        {
            throw new ImageRejectedException(ImageFault.TooLarge, $"The image has {bytes.Length} bytes; the most is {limits.MaxBytes}.");
        }

        ImageFormat format = bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) ? ImageFormat.Png
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? ImageFormat.Jpeg
            : bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? ImageFormat.Webp
            : throw new ImageRejectedException(ImageFault.UnknownFormat, "The image is neither PNG nor JPEG nor WebP.");
        return EncodedImageStart.Refusal(format, bytes) is { } refusal ? throw refusal : format;
    }

    private static ReadOnlyMemory<byte> OfPixels(ImageFormat format, ReadOnlyMemory<byte> bytes) =>
        format == ImageFormat.Png ? PngChunks.OfPixels(bytes) : bytes;

    private static SKEncodedOrigin OriginOf(ImageFormat format, ReadOnlySpan<byte> bytes) => (SKEncodedOrigin)ExifOrientation.Of(format, bytes);

    private static SKCodec Open(TimedBytes stream, ImageFormat format, SKEncodedOrigin origin, ImageLimits limits)
    {
        SKCodec? codec = SKCodec.Create(stream, out SKCodecResult result);
        if (codec is null)
        {
            throw stream.IsSpent ? Slow(limits)
                : result == SKCodecResult.IncompleteInput ? Truncated(format)
                : new ImageRejectedException(ImageFault.Undecodable, $"The head of the {NameOf(format)} image is damaged ({result}).");
        }

        ImageHeader header = HeaderOf(codec, format, origin);
        if (limits.PassedBy("The image", header.Width, header.Height) is { } passed)
        {
            codec.Dispose();
            throw new ImageRejectedException(ImageFault.TooLarge, passed);
        }

        return codec;
    }

    private static ImageHeader HeaderOf(SKCodec codec, ImageFormat format, SKEncodedOrigin origin) => ImageOrientation.IsTurned(origin)
        ? new ImageHeader(format, codec.Info.Height, codec.Info.Width)
        : new ImageHeader(format, codec.Info.Width, codec.Info.Height);

    private static ImageRejectedException Truncated(ImageFormat format) =>
        new(ImageFault.Undecodable, $"The {NameOf(format)} image is truncated.");

    /// <summary>The rejection of an image whose time is spent.</summary>
    internal static ImageRejectedException Slow(ImageLimits limits) =>
        new(ImageFault.TooSlow, $"The image takes longer to decode than {limits.MaxDecodeTime.TotalMilliseconds} ms.");

    private static string NameOf(ImageFormat format) => format switch
    {
        ImageFormat.Png => "PNG",
        ImageFormat.Jpeg => "JPEG",
        _ => "WebP",
    };
}
