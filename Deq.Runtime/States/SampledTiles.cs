using System.Runtime.Intrinsics;

namespace Deq.Runtime.States;

/// <summary>Which numbers of a long row stand for the whole of it in inner products: a tile of sixteen in every group of eight tiles, or of sixteen.</summary>
/// <remarks>
/// The place of a tile in its group is a hash of the group's, so that tiles meet every channel and every place of a channel plane, whatever its
/// size: places that follow a rule would fall on the same columns of some. A last group that is not whole is left out.
/// </remarks>
internal static unsafe class SampledTiles
{
    /// <summary>From this width on, inner products that may be estimates are: of fewer numbers they cost little.</summary>
    public const int SmallestWidth = 16_384;

    /// <summary>From this width on an eighth is more than estimates need.</summary>
    public const int SmallestWidthOfSixteenths = 32_768;

    private const int Tile = 16;

    /// <summary>Tiles of a row to every tile kept, a power of two.</summary>
    /// <param name="width">D, at least <see cref="SmallestWidth"/>.</param>
    public static int StrideOf(int width) => width < SmallestWidthOfSixteenths ? 8 : 16;

    /// <summary>Where the tile of a group begins, relative to the group.</summary>
    /// <param name="group">The group's place in the row.</param>
    /// <param name="stride">Tiles of a group.</param>
    public static int TileOf(int group, int stride)
    {
        uint mixed = (uint)group * 0x9E3779B9;
        mixed = (mixed ^ (mixed >> 15)) * 0x85EBCA6B;
        return (int)((ulong)mixed * (uint)stride >> 32) * Tile;
    }

    /// <summary>Writes fz − z of the tiles of a block side by side.</summary>
    /// <param name="z">The block of z.</param>
    /// <param name="fz">The block of fz.</param>
    /// <param name="kept">Receives the tiles.</param>
    /// <param name="start">Where the block begins in its row, a multiple of the group's length.</param>
    /// <param name="length">Its numbers.</param>
    /// <param name="stride">Tiles of a group.</param>
    /// <returns>How many numbers were kept.</returns>
    public static int Gather(float* z, float* fz, float* kept, int start, int length, int stride)
    {
        int group = start / (Tile * stride);
        int count = 0;
        for (int at = 0; at <= length - (Tile * stride); at += Tile * stride)
        {
            int tile = at + TileOf(group++, stride);
            (Vector512.Load(fz + tile) - Vector512.Load(z + tile)).Store(kept + count);
            count += Tile;
        }

        return count;
    }

    /// <summary>Makes sums over the kept numbers estimates of sums over the row: a power of two, so nothing is rounded.</summary>
    public static void Scale(Span<double> sums, int stride)
    {
        foreach (ref double sum in sums)
        {
            sum *= stride;
        }
    }
}
