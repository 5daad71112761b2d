namespace Deq.Export.Solving;

/// <summary>The inverse of Broyden's good method as one thin product, A = I + Sᵀ·M·S, from inner products alone.</summary>
/// <remarks>
/// The rows of S are g, the newest difference f(z) − z, and the steps s_0 … s_(n−1). The method builds the product
/// Π (I + s_(j+1)·s_jᵀ/‖s_j‖²), and the newest evaluation adds the factor I + p·s_(n−1)ᵀ / (‖s_(n−1)‖² − ⟨s_(n−1), p⟩) with p = A·g. Every
/// factor is a combination of rows of S, so M follows from their Gram matrix. Compare Byrd, Nocedal and Schnabel, "Representations of
/// quasi-Newton matrices and their use in limited memory methods", Mathematical Programming 63 (1994), section 4.
/// </remarks>
internal static class CompactBroyden
{
    /// <summary>A denominator this small against ‖s‖² would make the next step a thousand times longer.</summary>
    private const double SmallestShare = 1e-3;

    /// <summary>Writes M of one row.</summary>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="gram">⟨s_i, s_j⟩, <c>[n, n]</c>.</param>
    /// <param name="products">⟨s_j, g⟩, <c>[n]</c>.</param>
    /// <param name="matrix">Receives M, in the upper left of <c>[order, order]</c>; zero before.</param>
    /// <param name="order">At least n + 1.</param>
    /// <returns>Whether the newest evaluation's factor is in it; otherwise g has no part in M.</returns>
    public static bool Write(int steps, ReadOnlySpan<double> gram, ReadOnlySpan<double> products, Span<double> matrix, int order)
    {
        // Row i + 1 of M is w_i: A of the first i factors, transposed, times s_i / ‖s_i‖², over the steps.
        for (int i = 0; i < steps - 1; i++)
        {
            Row(i, steps, gram, matrix, order, matrix.Slice(((i + 2) * order) + 1, steps));
            Scale(matrix.Slice(((i + 2) * order) + 1, steps), 1 / gram[(i * steps) + i]);
        }

        double[] last = new double[steps];
        Row(steps - 1, steps, gram, matrix, order, last);
        return AddNewest(steps, gram, products, matrix, order, last);
    }

    /// <summary>s_i + Σ_(l &lt; i) w_l·⟨s_(l+1), s_i⟩, over the steps.</summary>
    private static void Row(int i, int steps, ReadOnlySpan<double> gram, ReadOnlySpan<double> matrix, int order, Span<double> row)
    {
        row[i] = 1;
        for (int l = 0; l < i; l++)
        {
            ReadOnlySpan<double> w = matrix.Slice(((l + 2) * order) + 1, steps);
            for (int j = 0; j <= l; j++)
            {
                row[j] += w[j] * gram[((l + 1) * steps) + i];
            }
        }
    }

    private static bool AddNewest(
        int steps, ReadOnlySpan<double> gram, ReadOnlySpan<double> products, Span<double> matrix, int order, ReadOnlySpan<double> last)
    {
        double[] p = new double[steps + 1];
        p[0] = 1;
        double product = products[steps - 1];
        for (int i = 0; i < steps - 1; i++)
        {
            p[i + 2] = Dot(matrix.Slice(((i + 2) * order) + 1, steps), products);
            product += p[i + 2] * gram[((steps - 1) * steps) + i + 1];
        }

        double square = gram[(steps * steps) - 1];
        double denominator = square - product;
        if (!(Math.Abs(denominator) > SmallestShare * square) || !double.IsFinite(denominator))
        {
            return false;
        }

        for (int row = 0; row <= steps; row++)
        {
            for (int column = 0; column < steps; column++)
            {
                matrix[(row * order) + column + 1] += p[row] * last[column] / denominator;
            }
        }

        return true;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void Scale(Span<double> row, double factor)
    {
        for (int i = 0; i < row.Length; i++)
        {
            row[i] *= factor;
        }
    }
}
