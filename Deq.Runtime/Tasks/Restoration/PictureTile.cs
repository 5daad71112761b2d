namespace Deq.Runtime.Tasks.Restoration;

/// <summary>A window of a picture along one axis, and the part of it that is kept; pixels.</summary>
/// <param name="Start">Where the window begins.</param>
/// <param name="Length">Of the window.</param>
/// <param name="KeptFrom">Where the kept part begins, from the window's start.</param>
/// <param name="Kept">Length of the kept part.</param>
public readonly record struct TileSpan(int Start, int Length, int KeptFrom, int Kept);

/// <summary>A window of a picture that is restored on its own. Windows overlap; their kept parts cover every pixel once.</summary>
/// <param name="Down">Rows.</param>
/// <param name="Across">Columns.</param>
public readonly record struct PictureTile(TileSpan Down, TileSpan Across)
{
    /// <summary>The whole of a picture.</summary>
    public static PictureTile Whole(int height, int width) => new(new TileSpan(0, height, 0, height), new TileSpan(0, width, 0, width));

    /// <summary>Windows of one size that cover a picture.</summary>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="side">The most pixels of a window along each axis, more than the overlap.</param>
    /// <param name="overlap">The fewest pixels that neighbours share.</param>
    public static IReadOnlyList<PictureTile> Covering(int height, int width, int side, int overlap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(side, overlap);
        TileSpan[] across = Spans(width, side, overlap);
        return [.. Spans(height, side, overlap).SelectMany(down => across.Select(each => new PictureTile(down, each)))];
    }

    /// <summary>The window of a plane.</summary>
    /// <param name="plane">Row by row.</param>
    /// <param name="width">Of the plane.</param>
    public T[] Cut<T>(ReadOnlySpan<T> plane, int width)
    {
        var window = new T[Down.Length * Across.Length];
        for (int row = 0; row < Down.Length; row++)
        {
            plane.Slice(((Down.Start + row) * width) + Across.Start, Across.Length).CopyTo(window.AsSpan(row * Across.Length));
        }

        return window;
    }

    /// <summary>Copies what is kept of a window into a plane, both enlarged.</summary>
    /// <param name="window">Row by row.</param>
    /// <param name="factor">By how much both are larger than the tile says, at least 1.</param>
    /// <param name="plane">Row by row.</param>
    /// <param name="width">Of the plane, enlarged.</param>
    public void Put(ReadOnlySpan<float> window, int factor, Span<float> plane, int width)
    {
        for (int row = factor * Down.KeptFrom; row < factor * (Down.KeptFrom + Down.Kept); row++)
        {
            window.Slice(factor * ((row * Across.Length) + Across.KeptFrom), factor * Across.Kept)
                .CopyTo(plane[((((factor * Down.Start) + row) * width) + (factor * (Across.Start + Across.KeptFrom)))..]);
        }
    }

    private static TileSpan[] Spans(int length, int side, int overlap)
    {
        int count = length <= side ? 1 : ((length - overlap) + (side - overlap) - 1) / (side - overlap);
        int window = Math.Min(length, side);
        var spans = new TileSpan[count];
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            int start = StartOf(i);
            int end = i == count - 1 ? length : (start + window + StartOf(i + 1)) / 2;
            spans[i] = new TileSpan(start, window, kept - start, end - kept);
            kept = end;
        }

        return spans;

        int StartOf(int place) => count == 1 ? 0 : (int)((long)place * (length - window) / (count - 1));
    }
}
