using System.Numerics.Tensors;

namespace Deq.Runtime.Trust;

/// <summary>Whether solves of one input from different starts end in one place: by states, and by what is decided from them.</summary>
/// <remarks>
/// Asymptotic alignment is the mean cosine between where solves from zero and from another input's fixed point end; Anil and others, "Path independent
/// equilibrium models can better exploit test-time computation" (2022). States may differ where decisions do not, so both are measured.
/// </remarks>
public static class PathIndependence
{
    /// <summary>The cosine between two states, in [−1, 1]; 1 where both are zero.</summary>
    /// <param name="a">Where one solve ended.</param>
    /// <param name="b">Where another ended, of the same length.</param>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
        {
            throw new ArgumentException($"The states have {a.Length} and {b.Length} numbers.", nameof(b));
        }

        double lengths = Math.Sqrt((double)TensorPrimitives.Dot(a, a) * TensorPrimitives.Dot(b, b));
        return lengths > 0 ? TensorPrimitives.Dot(a, b) / lengths : TensorPrimitives.Dot(a, a) == TensorPrimitives.Dot(b, b) ? 1 : 0;
    }

    /// <summary>The other input of each of several, whose fixed point it starts from: the next one, the first for the last.</summary>
    /// <param name="index">In [0, count).</param>
    /// <param name="count">At least 2, or there is no other.</param>
    public static int Other(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        return (index + 1) % count;
    }

    /// <summary>The share of decisions that two answers have in common, in [0, 1]; 1 of none.</summary>
    /// <param name="a">One answer's decisions.</param>
    /// <param name="b">The other's, as many.</param>
    public static double Agreement(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        if (a.Length != b.Length)
        {
            throw new ArgumentException($"The answers have {a.Length} and {b.Length} decisions.", nameof(b));
        }

        int equal = 0;
        for (int i = 0; i < a.Length; i++)
        {
            equal += a[i] == b[i] ? 1 : 0;
        }

        return a.Length == 0 ? 1 : equal / (double)a.Length;
    }
}
