using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Implicit;

/// <summary>An inverse as a product of rank-one factors, A = (I + c_n·p_n·r_nᵀ) … (I + c_1·p_1·r_1ᵀ): what Broyden's good method builds.</summary>
/// <remarks>
/// A factor is two slots of the caller's and one number per row; the slots must keep their contents as long as the chain is used. It costs
/// one inner product and one combination to apply. A row whose number is 0 is left out of the factor, and what the slots hold of it is
/// then of no account, NaN included. Source of the product form: Kelley, "Iterative methods for linear and nonlinear equations", SIAM 1995,
/// section 7.3.
/// </remarks>
/// <param name="space">Where the vectors live.</param>
public sealed class RankOneChain(IStateSpace space) : IInverseEstimate
{
    /// <summary>A secant whose new direction would be this many times longer than its step is noise, not curvature.</summary>
    private const double LongestDirection = 1e4;

    private readonly List<(int Left, int Right, double[] Coefficients)> _factors = [];
    private readonly double[] _products = new double[2 * space.Capacity];
    private readonly double[] _weights = new double[2 * space.Capacity];

    /// <summary>n, the number of factors.</summary>
    public int Count => _factors.Count;

    /// <summary>Multiplies by I + c·p·rᵀ from the left.</summary>
    /// <param name="left">The slot of p.</param>
    /// <param name="right">The slot of r.</param>
    /// <param name="coefficients">c per row, <c>[rows]</c>, copied; rows beyond are left out.</param>
    public void Add(int left, int right, ReadOnlySpan<double> coefficients)
    {
        double[] kept = new double[space.Capacity];
        coefficients.CopyTo(kept);
        for (int row = 0; row < kept.Length; row++)
        {
            kept[row] = double.IsFinite(kept[row]) ? kept[row] : 0;
        }

        _factors.Add((left, right, kept));
    }

    /// <summary>Broyden's good update: the closest A for which A·w = s. Rows for which it would be noise keep their A.</summary>
    /// <param name="step">The slot of s; becomes the factor's r.</param>
    /// <param name="image">The slot of w, what the matrix makes of s; overwritten with the factor's p.</param>
    /// <param name="rows">How many rows take part.</param>
    public void AddSecant(int step, int image, int rows)
    {
        Apply(image, rows);
        Span<double> products = _products.AsSpan(0, 2 * rows);
        space.InnerProducts(step, [step, image], products, rows);
        double[] coefficients = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            (double squared, double product) = (products[2 * row], products[(2 * row) + 1]);
            coefficients[row] = Math.Abs(product) * LongestDirection > squared ? 1 / product : 0;
            (_weights[2 * row], _weights[(2 * row) + 1]) = (1, -1);
        }

        space.Combine([step, image], _weights.AsSpan(0, 2 * rows), image, rows);
        Add(image, step, coefficients);
    }

    /// <summary>Takes a row out of every factor: its A is the identity.</summary>
    public void Forget(int row) => _factors.ForEach(factor => factor.Coefficients[row] = 0);

    /// <inheritdoc/>
    public void Apply(int slot, int rows)
    {
        foreach ((int left, int right, double[] coefficients) in _factors)
        {
            AddMultiple(slot, left, right, coefficients, rows);
        }
    }

    /// <inheritdoc/>
    public void ApplyTransposed(int slot, int rows)
    {
        for (int i = _factors.Count - 1; i >= 0; i--)
        {
            (int left, int right, double[] coefficients) = _factors[i];
            AddMultiple(slot, right, left, coefficients, rows);
        }
    }

    /// <summary>x ← x + c·⟨other, x⟩·direction.</summary>
    private void AddMultiple(int slot, int direction, int other, double[] coefficients, int rows)
    {
        if (!coefficients.AsSpan(0, rows).ContainsAnyExcept(0))
        {
            return;
        }

        Span<double> products = _products.AsSpan(0, rows);
        space.InnerProducts(slot, [other], products, rows);
        for (int row = 0; row < rows; row++)
        {
            _weights[2 * row] = 1;
            _weights[(2 * row) + 1] = coefficients[row] == 0 ? 0 : coefficients[row] * products[row];
        }

        space.Combine([slot, direction], _weights.AsSpan(0, 2 * rows), slot, rows);
    }
}
