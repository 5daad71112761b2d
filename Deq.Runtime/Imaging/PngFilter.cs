namespace Deq.Runtime.Imaging;

/// <summary>The five ways in which a PNG stores a row as differences from what precedes it, modulo 256.</summary>
/// <remarks>Source: Portable Network Graphics specification, third edition, section 9.</remarks>
internal static class PngFilter
{
    /// <summary>How many filters there are, numbered from 0: none, sub, up, average, Paeth.</summary>
    public const int Count = 5;

    /// <summary>Takes a filter off a row in place.</summary>
    /// <param name="filter">In [0, <see cref="Count"/>).</param>
    /// <param name="row">The filtered bytes; become the row's.</param>
    /// <param name="above">The row before, zeros for the first.</param>
    /// <param name="pixelBytes">How far back the pixel to the left begins.</param>
    public static void Remove(int filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        for (int at = 0; at < row.Length; at++)
        {
            (byte left, byte corner) = at >= pixelBytes ? (row[at - pixelBytes], above[at - pixelBytes]) : ((byte)0, (byte)0);
            row[at] += Predicted(filter, left, above[at], corner);
        }
    }

    /// <summary>Puts a filter on a row.</summary>
    /// <param name="filter">In [0, <see cref="Count"/>).</param>
    /// <param name="row">The bytes of the row.</param>
    /// <param name="above">The row before, zeros for the first.</param>
    /// <param name="pixelBytes">How far back the pixel to the left begins.</param>
    /// <param name="filtered">Receives as many bytes as the row has.</param>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int pixelBytes, Span<byte> filtered)
    {
        for (int at = 0; at < row.Length; at++)
        {
            (byte left, byte corner) = at >= pixelBytes ? (row[at - pixelBytes], above[at - pixelBytes]) : ((byte)0, (byte)0);
            filtered[at] = (byte)(row[at] - Predicted(filter, left, above[at], corner));
        }
    }

    private static byte Predicted(int filter, byte left, byte above, byte corner) => filter switch
    {
        1 => left,
        2 => above,
        3 => (byte)((left + above) / 2),
        4 => Nearest(left, above, corner),
        _ => 0,
    };

    /// <summary>Paeth's predictor: of the three neighbours the one nearest to left + above − corner, ties in that order.</summary>
    private static byte Nearest(byte left, byte above, byte corner)
    {
        int toLeft = Math.Abs(above - corner);
        int toAbove = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + above - (2 * corner));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }
}
