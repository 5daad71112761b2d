using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>One image file of a folder.</summary>
internal static class ImageFile
{
    /// <summary>One's own images are trusted with more than a stranger's: any camera's, and a machine that is busy.</summary>
    private static readonly ImageLimits Limits = new()
    {
        MaxBytes = 256 * 1024 * 1024,
        MaxWidth = 32_768,
        MaxHeight = 32_768,
        MaxPixels = 100_000_000,
        MaxDecodeTime = TimeSpan.FromMinutes(1),
    };

    /// <summary>Files with other extensions are not looked at.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>The images below a folder, however deep, sorted by path.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal);

    /// <summary>Brings an image to the input's size as serving does, rounded to bytes: an image of that size already is taken as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="input">What the model takes.</param>
    /// <param name="pixels">Takes <c>[C, H, W]</c>.</param>
    /// <returns>Why the image cannot be read; null when it was.</returns>
    public static string? Read(string path, ImageInput input, Span<byte> pixels)
    {
        byte[] encoded;
        try
        {
            encoded = File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }

        try
        {
            Fill(ImageDecoder.Decode(encoded, Limits), input, pixels);
            return null;
        }
        catch (ImageRejectedException fault)
        {
            return fault.Message;
        }
    }

    private static void Fill(DecodedImage image, ImageInput input, Span<byte> pixels)
    {
        float[] values = new float[pixels.Length];
        ImageTensor.Fill(image, Unnormalised(input), values);
        for (int place = 0; place < values.Length; place++)
        {
            pixels[place] = (byte)Math.Clamp(MathF.Round(values[place]), 0, 255);
        }
    }

    /// <summary>The same input with values from 0 to 255.</summary>
    private static ImageInput Unnormalised(ImageInput input) => input with
    {
        Mean = [.. Enumerable.Repeat(0.0, input.Channels)],
        Deviation = [.. Enumerable.Repeat(1 / 255.0, input.Channels)],
    };
}
