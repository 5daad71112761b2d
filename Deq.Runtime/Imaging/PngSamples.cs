namespace Deq.Runtime.Imaging;

/// <summary>The numbers of a PNG as they are stored, without any notion of colour.</summary>
/// <param name="Width">Pixels, at least 1.</param>
/// <param name="Height">Pixels, at least 1.</param>
/// <param name="Channels">1 grey, 2 grey and alpha, 3 red, green, blue, 4 with alpha.</param>
/// <param name="Depth">8 or 16 bits per sample.</param>
/// <param name="Samples"><c>[Height, Width, Channels]</c>, 0 to 2^Depth − 1.</param>
internal sealed record PngSamples(int Width, int Height, int Channels, int Depth, ushort[] Samples)
{
    /// <summary>Bytes of one pixel as stored.</summary>
    public int PixelBytes => Channels * Depth / 8;

    /// <summary>Bytes of one row as stored, without the byte that names its filter.</summary>
    public int RowBytes => Width * PixelBytes;
}
