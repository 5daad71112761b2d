using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Implicit;

/// <summary>Estimates the spectral radius of a linear map, such as u ↦ Jᵀu with J = ∂f/∂z, for each row on its own.</summary>
/// <remarks>
/// <para>
/// Below 1 at a fixed point z*, Picard iteration converges near it, the residual shrinking by about this factor per evaluation, and
/// warm starts are safe. J and Jᵀ have the same spectrum: either product will do.
/// </para>
/// <para>
/// Some power iterations turn the start towards the dominant eigenvectors, then Arnoldi's process projects the map on a Krylov space of
/// small dimension; the largest modulus among the eigenvalues of the projection is the estimate. Unlike the quotient of a power iteration
/// it is right for complex and for ± pairs. It costs <see cref="Evaluations"/> products. Source: Saad, "Numerical methods for large
/// eigenvalue problems", SIAM 2011, section 6.2.
/// </para>
/// </remarks>
public sealed class SpectralRadius
{
    /// <summary>What a vector of single precision loses to rounding: a remainder this small against the map's norm is nothing new.</summary>
    private const double Negligible = 1e-6;

    private readonly IStateSpace _space;
    private readonly IFixedPointMap _linear;
    private readonly int _dimension;
    private readonly int _powers;
    private readonly int[] _basis;
    private readonly double[] _products;
    private readonly double[] _weights;
    private readonly double[] _norms;
    private readonly KrylovRow[] _rows;

    /// <summary>Allocates <paramref name="dimension"/> + 1 slots, once for any number of estimates.</summary>
    /// <param name="space">Where the vectors live.</param>
    /// <param name="linear">The linear map, bound to that space.</param>
    /// <param name="dimension">The Krylov dimension, 1 to 64; more than D is no use and does no harm. Default 40.</param>
    /// <param name="powers">Power iterations before, 0 to 1000. More sharpen the estimate of a crowded spectrum. Default 16.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> or <paramref name="powers"/> is out of range.</exception>
    public SpectralRadius(IStateSpace space, IFixedPointMap linear, int dimension = 40, int powers = 16)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(linear);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 64);
        ArgumentOutOfRangeException.ThrowIfNegative(powers);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(powers, 1000);
        (_space, _linear, _dimension, _powers) = (space, linear, dimension, powers);
        int first = space.Allocate(dimension + 1);
        _basis = [.. Enumerable.Range(first, dimension + 1)];
        _products = new double[space.Capacity * (dimension + 1)];
        _weights = new double[space.Capacity * (dimension + 2)];
        _norms = new double[space.Capacity];
        _rows = [.. Enumerable.Range(0, space.Capacity).Select(_ => new KrylovRow(dimension))];
    }

    /// <summary>
    /// The slot of the start vectors, <c>[Capacity, D]</c>: write seeded random numbers there before each estimate, which overwrites them.
    /// </summary>
    public int StartSlot => _basis[0];

    /// <summary>Products made per estimate and row.</summary>
    public int Evaluations => _powers + _dimension;

    /// <summary>Estimates from the start vectors of the first rows.</summary>
    /// <param name="rows">How many rows take part, 1 to the space's capacity.</param>
    /// <returns>
    /// One radius per row, at least 0. NaN where the start is zero or something was not finite. Within one per cent for spectra with a few
    /// dominant eigenvalues; a few per cent too small where many more than the Krylov dimension share nearly one modulus. Single precision
    /// bounds what a defective map yields: an eigenvalue in a Jordan block of size n is known to about (1e-7)^(1/n) of the map's norm.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is out of range.</exception>
    public double[] Estimate(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, _space.Capacity);
        Norms(_basis[0], rows);
        for (int row = 0; row < rows; row++)
        {
            _rows[row].Begin(_norms[row]);
        }

        Scale(_basis[0], rows);
        for (int power = 0; power < _powers; power++)
        {
            _linear.Evaluate(_basis[0], _basis[1], rows);
            Norms(_basis[1], rows);
            for (int row = 0; row < rows; row++)
            {
                _rows[row].Grow(_norms[row], Negligible);
            }

            Scale(_basis[1], rows);
            Copy(_basis[1], _basis[0], rows);
        }

        for (int column = 0; column < _dimension; column++)
        {
            Extend(column, rows);
        }

        return [.. _rows.Take(rows).Select(row => row.Radius())];
    }

    /// <summary>One step of Arnoldi's process: classical Gram and Schmidt, twice, which is as good as orthogonal.</summary>
    private void Extend(int column, int rows)
    {
        int next = _basis[column + 1];
        _linear.Evaluate(_basis[column], next, rows);
        Norms(next, rows);
        for (int row = 0; row < rows; row++)
        {
            _rows[row].Grow(_norms[row], 0);
        }

        Orthogonalise(column, rows);
        Orthogonalise(column, rows);
        Norms(next, rows);
        for (int row = 0; row < rows; row++)
        {
            _rows[row].Close(column, _norms[row], Negligible);
        }

        Scale(next, rows);
    }

    private void Orthogonalise(int column, int rows)
    {
        int count = column + 1;
        int next = _basis[count];
        _space.InnerProducts(next, _basis.AsSpan(0, count), _products.AsSpan(0, rows * count), rows);
        int width = count + 1;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> products = _products.AsSpan(row * count, count);
            _rows[row].Project(column, products);
            for (int i = 0; i < count; i++)
            {
                _weights[(row * width) + i] = -products[i];
            }

            _weights[(row * width) + count] = 1;
        }

        _space.Combine(_basis.AsSpan(0, width), _weights.AsSpan(0, rows * width), next, rows);
    }

    private void Norms(int slot, int rows)
    {
        _space.InnerProducts(slot, [slot], _norms.AsSpan(0, rows), rows);
        for (int row = 0; row < rows; row++)
        {
            _norms[row] = Math.Sqrt(_norms[row]);
        }
    }

    /// <summary>Makes every row of length 1, and those that have ended zero.</summary>
    private void Scale(int slot, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            _weights[row] = _rows[row].HasEnded ? 0 : 1 / _norms[row];
        }

        _space.Combine([slot], _weights.AsSpan(0, rows), slot, rows);
    }

    private void Copy(int from, int to, int rows)
    {
        _weights.AsSpan(0, rows).Fill(1);
        _space.Combine([from], _weights.AsSpan(0, rows), to, rows);
    }
}
