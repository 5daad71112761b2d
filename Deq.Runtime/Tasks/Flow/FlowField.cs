using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>
/// Optical flow: for every pixel of a frame, how far what it shows moves until the next frame. Pixel (x, y) is seen again at (x + u, y + v).
/// </summary>
public sealed class FlowField
{
    /// <summary>Takes over arrays.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    /// <param name="u"><c>[height, width]</c>, pixels to the right.</param>
    /// <param name="v"><c>[height, width]</c>, pixels down.</param>
    /// <param name="known"><c>[height, width]</c>, where the flow is known; null where it is everywhere. Default null.</param>
    /// <exception cref="ArgumentException">An array has another length, or a known number is not finite.</exception>
    public FlowField(int width, int height, float[] u, float[] v, bool[]? known = null)
    {
        ArgumentNullException.ThrowIfNull(u);
        ArgumentNullException.ThrowIfNull(v);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long pixels = (long)width * height;
        if (u.Length != pixels || v.Length != pixels || (known is not null && known.Length != pixels))
        {
            throw new ArgumentException(
                $"u, v and known have {u.Length}, {v.Length} and {known?.Length ?? pixels} numbers; the field needs [{height}, {width}].", nameof(u));
        }

        (Width, Height, U, V, Known) = (width, height, u, v, known ?? All(u.Length));
        if (known is null && TensorPrimitives.IsFiniteAll<float>(u) && TensorPrimitives.IsFiniteAll<float>(v))
        {
            return;
        }

        for (int pixel = 0; pixel < u.Length; pixel++)
        {
            if (!Known[pixel])
            {
                (u[pixel], v[pixel]) = (0, 0);
            }
            else if (!float.IsFinite(u[pixel]) || !float.IsFinite(v[pixel]))
            {
                throw new ArgumentException($"Pixel {pixel} is known to move by ({u[pixel]}, {v[pixel]}).", nameof(u));
            }
        }
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary><c>[Height, Width]</c>, pixels to the right; 0 where unknown.</summary>
    public float[] U { get; }

    /// <summary><c>[Height, Width]</c>, pixels down; 0 where unknown.</summary>
    public float[] V { get; }

    /// <summary><c>[Height, Width]</c>: where the flow is known.</summary>
    public bool[] Known { get; }

    /// <summary>The length of the longest known vector in pixels; 0 when none is known.</summary>
    public double Longest()
    {
        double longest = 0;
        for (int pixel = 0; pixel < U.Length; pixel++)
        {
            longest = Math.Max(longest, ((double)U[pixel] * U[pixel]) + ((double)V[pixel] * V[pixel]));
        }

        return Math.Sqrt(longest);
    }

    private static bool[] All(int pixels)
    {
        bool[] known = new bool[pixels];
        Array.Fill(known, true);
        return known;
    }
}
