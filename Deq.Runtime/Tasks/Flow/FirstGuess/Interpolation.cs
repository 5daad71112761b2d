using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Eight pixels of a row at once.</summary>
internal static class Interpolation
{
    /// <summary>Eight numbers from a place on.</summary>
    public static Vector256<float> At(ref float row, nint place) => Vector256.LoadUnsafe(ref Unsafe.Add(ref row, place));

    /// <summary>Each of eight pixels and the next, interpolated.</summary>
    /// <param name="row">A row.</param>
    /// <param name="place">The first pixel.</param>
    /// <param name="across">The share of the next, 0 to 1.</param>
    public static Vector256<float> Between(ref float row, nint place, Vector256<float> across)
    {
        Vector256<float> left = At(ref row, place);
        return left + ((At(ref row, place + 1) - left) * across);
    }

    /// <summary>Where in a plane, and by which shares of a pixel, a patch is read that lies at (left, top) moved by (u, v); kept within the border.</summary>
    public static (int Place, float Across, float Down) Landing(GreyPlane plane, int left, int top, float u, float v)
    {
        float x = Math.Clamp(left + u, -(GreyPlane.Border - 1), plane.Width + GreyPlane.Border - PatchSearch.Size - 2);
        float y = Math.Clamp(top + v, -(GreyPlane.Border - 1), plane.Height + GreyPlane.Border - PatchSearch.Size - 2);
        float wholeX = MathF.Floor(x), wholeY = MathF.Floor(y);
        return (plane.At((int)wholeX, (int)wholeY), x - wholeX, y - wholeY);
    }
}
