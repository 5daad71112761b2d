using System.Numerics;

namespace Deq.Runtime.Implicit;

/// <summary>Eigenvalues of a small upper Hessenberg matrix by the QR algorithm with Wilkinson's shift, in complex arithmetic.</summary>
/// <remarks>Source: Golub and Van Loan, "Matrix computations", 4th edition, sections 7.4 and 7.5.</remarks>
internal static class HessenbergEigenvalues
{
    private const double RoundOff = 1e-15;

    /// <summary>Sweeps per eigenvalue; two or three are usual.</summary>
    private const int MostSweeps = 60;

    /// <summary>The eigenvalues of the leading block.</summary>
    /// <param name="matrix">Upper Hessenberg: nothing below the first subdiagonal is read. Finite. Not changed.</param>
    /// <param name="size">Rows and columns of the block.</param>
    public static Complex[] Of(double[,] matrix, int size)
    {
        var work = new Complex[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = Math.Max(0, i - 1); j < size; j++)
            {
                work[i, j] = matrix[i, j];
            }
        }

        int last = size - 1;
        for (int sweep = 0; last > 0; sweep++)
        {
            int first = BlockStart(work, last);
            if (first == last || sweep == MostSweeps)
            {
                (last, sweep) = (last - 1, 0);
                continue;
            }

            // A shift out of the ordinary now and then breaks the cycles that Wilkinson's can run into.
            Sweep(work, first, last, sweep % 10 == 9 ? work[last, last - 1].Magnitude : Shift(work, last));
        }

        return [.. Enumerable.Range(0, size).Select(i => work[i, i])];
    }

    /// <summary>Where the unreduced block that ends at <paramref name="last"/> begins; its upper neighbour is cut off.</summary>
    private static int BlockStart(Complex[,] work, int last)
    {
        for (int i = last; i > 0; i--)
        {
            double neighbours = work[i, i].Magnitude + work[i - 1, i - 1].Magnitude;
            double scale = neighbours > 0 ? neighbours : work[i - 1, i].Magnitude;
            if (work[i, i - 1].Magnitude <= RoundOff * scale)
            {
                work[i, i - 1] = 0;
                return i;
            }
        }

        return 0;
    }

    /// <summary>The eigenvalue of the last 2 × 2 block nearer its last entry.</summary>
    private static Complex Shift(Complex[,] work, int last)
    {
        (Complex a, Complex d) = (work[last - 1, last - 1], work[last, last]);
        Complex half = (a - d) / 2;
        Complex root = Complex.Sqrt((half * half) + (work[last - 1, last] * work[last, last - 1]));
        return d + ((half + root).Magnitude > (half - root).Magnitude ? half - root : half + root);
    }

    /// <summary>H − σI = QR by plane rotations, then RQ + σI, within a block.</summary>
    private static void Sweep(Complex[,] work, int first, int last, Complex shift)
    {
        Span<Complex> cosines = stackalloc Complex[last - first];
        Span<Complex> sines = stackalloc Complex[last - first];
        for (int i = first; i <= last; i++)
        {
            work[i, i] -= shift;
        }

        for (int k = first; k < last; k++)
        {
            double length = Math.Sqrt(Square(work[k, k]) + Square(work[k + 1, k]));
            (Complex c, Complex s) = length > 0 ? (work[k, k] / length, work[k + 1, k] / length) : (Complex.One, Complex.Zero);
            (cosines[k - first], sines[k - first]) = (c, s);
            for (int j = k; j <= last; j++)
            {
                (Complex upper, Complex lower) = (work[k, j], work[k + 1, j]);
                work[k, j] = (Complex.Conjugate(c) * upper) + (Complex.Conjugate(s) * lower);
                work[k + 1, j] = (c * lower) - (s * upper);
            }
        }

        for (int k = first; k < last; k++)
        {
            (Complex c, Complex s) = (cosines[k - first], sines[k - first]);
            for (int i = first; i <= Math.Min(k + 1, last); i++)
            {
                (Complex left, Complex right) = (work[i, k], work[i, k + 1]);
                work[i, k] = (c * left) + (s * right);
                work[i, k + 1] = (Complex.Conjugate(c) * right) - (Complex.Conjugate(s) * left);
            }
        }

        for (int i = first; i <= last; i++)
        {
            work[i, i] += shift;
        }
    }

    private static double Square(Complex z) => (z.Real * z.Real) + (z.Imaginary * z.Imaginary);
}
