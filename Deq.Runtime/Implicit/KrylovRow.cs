using System.Numerics;

namespace Deq.Runtime.Implicit;

/// <summary>One row of Arnoldi's process: the projected map H, and whether the Krylov space has ended.</summary>
/// <param name="dimension">The most columns.</param>
internal sealed class KrylovRow(int dimension)
{
    private readonly double[,] _projection = new double[dimension, dimension];
    private int _columns;
    private double _largest;
    private bool _isFinite;

    /// <summary>Whether the Krylov space ended: the start, or its image, was zero.</summary>
    public bool HasEnded { get; private set; }

    public void Begin(double startNorm)
    {
        Array.Clear(_projection);
        (_columns, _largest) = (0, 0);
        _isFinite = double.IsFinite(startNorm) && startNorm > 0;
        HasEnded = !_isFinite;
    }

    /// <summary>Takes note of ‖L·v‖ for a unit v. A product that has all but vanished ends the row: L is nilpotent as far as one can see.</summary>
    public void Grow(double norm, double negligible)
    {
        if (HasEnded)
        {
            return;
        }

        _isFinite &= double.IsFinite(norm);
        _largest = Math.Max(_largest, norm);
        HasEnded = !(norm > negligible * _largest);
    }

    public void Project(int column, ReadOnlySpan<double> products)
    {
        for (int i = 0; i < products.Length && !HasEnded; i++)
        {
            _projection[i, column] += products[i];
        }
    }

    /// <summary>Ends a column with what of L·v lies outside the space so far.</summary>
    public void Close(int column, double remainder, double negligible)
    {
        if (HasEnded)
        {
            return;
        }

        _columns = column + 1;
        _isFinite &= double.IsFinite(remainder);
        HasEnded = !(remainder > negligible * _largest);
        if (!HasEnded && _columns < dimension)
        {
            _projection[_columns, column] = remainder;
        }
    }

    /// <summary>The largest modulus of an eigenvalue of H.</summary>
    public double Radius()
    {
        if (!_isFinite)
        {
            return double.NaN;
        }

        Complex[] eigenvalues = HessenbergEigenvalues.Of(_projection, _columns);
        return eigenvalues.Length == 0 ? 0 : eigenvalues.Max(Complex.Abs);
    }
}
