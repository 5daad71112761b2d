namespace Deq.Runtime.FixedPoints;

/// <summary>The small system of Anderson acceleration: α minimising ‖Σα_i·g_i‖² with Σα = 1, from the Gram matrix G_ij = ⟨g_i, g_j⟩.</summary>
/// <remarks>
/// Solved as least squares over the changes d_i = g_i − g_(i+1): g_0 − Σγ_i·d_i is smallest. Collinear g of different lengths, which is
/// what a dominant eigenvalue produces, make G singular but not the matrix of the d.
/// </remarks>
/// <param name="depth">m, the most g.</param>
/// <param name="ridge">λ on the unit diagonal of the scaled system.</param>
internal sealed class AndersonWeights(int depth, double ridge)
{
    /// <summary>The relative error of an inner product of single-precision states.</summary>
    private const double Noise = 1e-7;

    /// <summary>A scaled change this close (squared sine of the angle) to the span of newer ones adds nothing but rounding.</summary>
    private const double SmallestPivot = 1e-6;

    /// <summary>Weights larger than this in sum of moduli amplify single-precision rounding past any tolerance of use.</summary>
    private const double LargestWeight = 1e5;

    private readonly double[] _factor = new double[depth * depth];
    private readonly double[] _inverseNorms = new double[depth];
    private readonly double[] _solution = new double[depth];
    private readonly int[] _positions = new int[depth];

    /// <summary>Writes α, newest first; entries of left-out g are 0, and (1, 0, …) is the Picard step.</summary>
    /// <param name="gram">G by ring position, <c>[m, m]</c>.</param>
    /// <param name="history">Gives the ring positions.</param>
    /// <param name="alpha">As many as the row has pairs.</param>
    public void Solve(ReadOnlySpan<double> gram, IterationHistory history, Span<double> alpha)
    {
        for (int ago = 0; ago < alpha.Length; ago++)
        {
            _positions[ago] = history.Position(ago) % depth;
        }

        int used = Factor(gram, alpha.Length - 1);
        Span<double> x = _solution.AsSpan(0, used);
        for (int i = 0; i < used; i++)
        {
            x[i] = (Gram(gram, 0, i) - Gram(gram, 0, i + 1)) * _inverseNorms[i];
        }

        SolveFactored(x);
        alpha.Clear();
        alpha[0] = 1;
        for (int i = 0; i < used; i++)
        {
            double gamma = x[i] * _inverseNorms[i];
            alpha[i] -= gamma;
            alpha[i + 1] += gamma;
        }

        if (!(SumOfModuli(alpha) <= LargestWeight))
        {
            alpha.Clear();
            alpha[0] = 1;
        }
    }

    private static double SumOfModuli(ReadOnlySpan<double> alpha)
    {
        double sum = 0;
        foreach (double weight in alpha)
        {
            sum += Math.Abs(weight);
        }

        return sum;
    }

    /// <summary>Cholesky of the scaled matrix of the changes, newest first, until one is rounding noise: it and older ones are left out.</summary>
    /// <returns>How many changes are kept.</returns>
    private int Factor(ReadOnlySpan<double> gram, int changes)
    {
        for (int i = 0; i < changes; i++)
        {
            double squared = Change(gram, i, i);
            double noise = Noise * (Gram(gram, i, i) + Gram(gram, i + 1, i + 1));
            if (!(squared > noise) || !double.IsFinite(squared))
            {
                return i;
            }

            _inverseNorms[i] = 1 / Math.Sqrt(squared);
            if (!FactorRow(gram, i, SmallestPivot + (noise / squared)))
            {
                return i;
            }
        }

        return Math.Max(0, changes);
    }

    private bool FactorRow(ReadOnlySpan<double> gram, int i, double smallestPivot)
    {
        for (int j = 0; j <= i; j++)
        {
            double value = Change(gram, i, j) * _inverseNorms[i] * _inverseNorms[j];
            for (int k = 0; k < j; k++)
            {
                value -= _factor[(i * depth) + k] * _factor[(j * depth) + k];
            }

            if (j < i)
            {
                _factor[(i * depth) + j] = value / _factor[(j * depth) + j];
                continue;
            }

            if (!(value > smallestPivot))
            {
                return false;
            }

            _factor[(i * depth) + i] = Math.Sqrt(value + ridge);
        }

        return true;
    }

    private void SolveFactored(Span<double> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            for (int k = 0; k < i; k++)
            {
                x[i] -= _factor[(i * depth) + k] * x[k];
            }

            x[i] /= _factor[(i * depth) + i];
        }

        for (int i = x.Length - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < x.Length; k++)
            {
                x[i] -= _factor[(k * depth) + i] * x[k];
            }

            x[i] /= _factor[(i * depth) + i];
        }
    }

    /// <summary>⟨d_i, d_j⟩.</summary>
    private double Change(ReadOnlySpan<double> gram, int i, int j) =>
        Gram(gram, i, j) - Gram(gram, i, j + 1) - Gram(gram, i + 1, j) + Gram(gram, i + 1, j + 1);

    private double Gram(ReadOnlySpan<double> gram, int ago, int otherAgo) =>
        gram[(_positions[ago] * depth) + _positions[otherAgo]];
}
