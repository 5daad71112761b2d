using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Makes a motion per pixel of those of the patches that cover it, each counted by how well it explains the pixel.</summary>
internal static class PatchBlend
{
    /// <summary>Blends.</summary>
    /// <param name="search">The patches.</param>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="u">Receives pixels to the right.</param>
    /// <param name="v">Receives pixels down.</param>
    /// <param name="weight">Scratch.</param>
    /// <param name="from">The first row that is blended.</param>
    /// <param name="to">The row after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blend(PatchSearch search, GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, PaddedPlane weight, int from, int to)
    {
        Clear(u, from, to);
        Clear(v, from, to);
        Clear(weight, from, to);
        for (int row = 0; row < search.Rows; row++)
        {
            int top = search.Top(row), begin = Math.Max(0, from - top), end = Math.Min(PatchSearch.Size, to - top);
            for (int column = 0; column < search.Columns && begin < end; column++)
            {
                Add(search, (row * search.Columns) + column, search.Left(column), top, first, second, u, v, weight, begin, end);
            }
        }

        for (int y = from; y < to; y++)
        {
            Span<float> w = weight.RowSpan(y);
            TensorPrimitives.Divide(u.RowSpan(y), w, u.RowSpan(y));
            TensorPrimitives.Divide(v.RowSpan(y), w, v.RowSpan(y));
        }
    }

    /// <summary>Adds the motion of a patch to some of its rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(
        PatchSearch search, int patch, int left, int top, GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, PaddedPlane weight, int begin, int end)
    {
        (int place, float fx, float fy) = Interpolation.Landing(second, left, top, search.U[patch], search.V[patch]);
        ref float there = ref second.Values[place];
        ref float here = ref first.Values[first.At(left, top)];
        var one = Vector256<float>.One;
        var across = Vector256.Create(fx);
        var down = Vector256.Create(fy);
        var trust = Vector256.Create(search.Trust[patch] + 1e-3f);
        var (mu, mv) = (Vector256.Create(search.U[patch]), Vector256.Create(search.V[patch]));
        for (int i = begin; i < end; i++)
        {
            Vector256<float> above = Interpolation.Between(ref there, i * second.Stride, across);
            Vector256<float> below = Interpolation.Between(ref there, (i + 1) * second.Stride, across);
            Vector256<float> difference = Vector256.Abs(above + ((below - above) * down) - Interpolation.At(ref here, i * first.Stride));
            Vector256<float> share = trust / Vector256.Max(one, difference);
            int at = u.Row(top + i) + left;
            (Vector256.LoadUnsafe(ref u.Values[at]) + (share * mu)).StoreUnsafe(ref u.Values[at]);
            (Vector256.LoadUnsafe(ref v.Values[at]) + (share * mv)).StoreUnsafe(ref v.Values[at]);
            (Vector256.LoadUnsafe(ref weight.Values[at]) + share).StoreUnsafe(ref weight.Values[at]);
        }
    }

    /// <summary>Clears rows with their margins, and what lies beyond the first and the last.</summary>
    private static void Clear(PaddedPlane plane, int from, int to)
    {
        int first = from == 0 ? 0 : plane.Row(from) - PaddedPlane.Margin;
        int end = to == plane.Height ? plane.Values.Length : plane.Row(to) - PaddedPlane.Margin;
        plane.Values.AsSpan(first, end - first).Clear();
    }
}
