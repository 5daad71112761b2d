namespace Deq.Runtime.Imaging;

/// <summary>Reads PNG of 16 bits per sample without rounding, where the samples are the picture as they are stored.</summary>
internal static class DeepPng
{
    private const int DepthAt = 24;
    private const int InterlacedAt = 28;
    private const int Deep = 16;

    // Chunks that say how samples become colours, or how the picture is turned.
    private static readonly string[] s_meanings = ["iCCP", "gAMA", "cHRM", "tRNS", "eXIf"];

    /// <summary>The samples; null where the file is no such PNG, and <see cref="ImageDecoder"/> says what it is.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ImageRejectedException">It is such a PNG, and passes a limit or is damaged.</exception>
    public static PngSamples? Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        if (!bytes.StartsWith(PngWriter.Signature) || bytes.Length <= InterlacedAt || bytes[DepthAt] != Deep || bytes[InterlacedAt] != 0)
        {
            return null;
        }

        if (EncodedImageStart.Refusal(ImageFormat.Png, bytes) is { } refusal)
        {
            throw refusal;
        }

        foreach (string name in s_meanings)
        {
            if (!PngChunks.Find(bytes, System.Text.Encoding.ASCII.GetBytes(name)).IsEmpty)
            {
                return null;
            }
        }

        return PngReader.Read(bytes, limits);
    }
}
