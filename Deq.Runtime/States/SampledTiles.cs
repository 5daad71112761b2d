using System.Runtime.Intrinsics;

namespace Deq.Runtime.States;

/// <summary>Which numbers of a long row stand for the whole of it in inner products: one tile of sixteen in every group of eight.</summary>
/// <remarks>
/// The place of a tile in its group is a hash of the group's, so that tiles meet every channel and every place of a channel plane, whatever its
/// size: places that follow a rule would fall on the same columns of some. A last group that is not whole is left out.
/// </remarks>
internal static unsafe class SampledTiles
{
    /// <summary>Numbers of the row to every number kept.</summary>
    public const int Stride = 8;

    private const int Tile = 16;
    private const int Group = Tile * Stride;

    /// <summary>Where the tile of a group begins, relative to the group.</summary>
    /// <param name="group">The group's place in the row.</param>
    public static int TileOf(int group)
    {
        uint mixed = (uint)group * 0x9E3779B9;
        mixed = (mixed ^ (mixed >> 15)) * 0x85EBCA6B;
        return (int)(mixed >> 29) * Tile;
    }

    /// <summary>Writes fz − z of the tiles of a block side by side.</summary>
    /// <param name="z">The block of z.</param>
    /// <param name="fz">The block of fz.</param>
    /// <param name="kept">Receives an eighth of it.</param>
    /// <param name="start">Where the block begins in its row, a multiple of the group's length.</param>
    /// <param name="length">Its numbers.</param>
    /// <returns>How many were kept.</returns>
    public static int Gather(float* z, float* fz, float* kept, int start, int length)
    {
        int count = 0;
        for (int at = 0; at <= length - Group; at += Group)
        {
            int tile = at + TileOf((start + at) / Group);
            (Vector512.Load(fz + tile) - Vector512.Load(z + tile)).Store(kept + count);
            count += Tile;
        }

        return count;
    }

    /// <summary>Makes sums over the kept numbers estimates of sums over the row: a power of two, so nothing is rounded.</summary>
    public static void Scale(Span<double> sums)
    {
        foreach (ref double sum in sums)
        {
            sum *= Stride;
        }
    }
}
