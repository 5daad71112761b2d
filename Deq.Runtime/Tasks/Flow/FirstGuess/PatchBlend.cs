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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blend(PatchSearch search, GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, PaddedPlane weight)
    {
        Array.Clear(u.Values);
        Array.Clear(v.Values);
        Array.Clear(weight.Values);
        var one = Vector256<float>.One;
        for (int row = 0; row < search.Rows; row++)
        {
            for (int column = 0; column < search.Columns; column++)
            {
                int patch = (row * search.Columns) + column;
                int left = search.Left(column), top = search.Top(row);
                (int place, float fx, float fy) = Interpolation.Landing(second, left, top, search.U[patch], search.V[patch]);
                ref float there = ref second.Values[place];
                ref float here = ref first.Values[first.At(left, top)];
                var across = Vector256.Create(fx);
                var down = Vector256.Create(fy);
                var trust = Vector256.Create(search.Trust[patch] + 1e-3f);
                var (mu, mv) = (Vector256.Create(search.U[patch]), Vector256.Create(search.V[patch]));
                for (int i = 0; i < PatchSearch.Size; i++)
                {
                    Vector256<float> above = Interpolation.Between(ref there, i * second.Stride, across);
                    Vector256<float> below = Interpolation.Between(ref there, (i + 1) * second.Stride, across);
                    Vector256<float> difference = Vector256.Abs(above + ((below - above) * down)
                        - Interpolation.At(ref here, i * first.Stride));
                    Vector256<float> share = trust / Vector256.Max(one, difference);
                    int at = u.Row(top + i) + left;
                    (Vector256.LoadUnsafe(ref u.Values[at]) + (share * mu)).StoreUnsafe(ref u.Values[at]);
                    (Vector256.LoadUnsafe(ref v.Values[at]) + (share * mv)).StoreUnsafe(ref v.Values[at]);
                    (Vector256.LoadUnsafe(ref weight.Values[at]) + share).StoreUnsafe(ref weight.Values[at]);
                }
            }
        }

        for (int y = 0; y < u.Height; y++)
        {
            Span<float> w = weight.RowSpan(y);
            TensorPrimitives.Divide(u.RowSpan(y), w, u.RowSpan(y));
            TensorPrimitives.Divide(v.RowSpan(y), w, v.RowSpan(y));
        }
    }
}
