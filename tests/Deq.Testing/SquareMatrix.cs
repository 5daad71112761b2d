using System.Numerics;
using System.Numerics.Tensors;

namespace Deq.Testing;

/// <summary>A real square matrix with a spectrum that is known because it was given.</summary>
public sealed class SquareMatrix
{
    private readonly double[,] _entries;
    private readonly float[] _single;

    /// <summary>Takes the entries, row by row.</summary>
    public SquareMatrix(double[,] entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        (_entries, Width) = (entries, entries.GetLength(0));
        _single = [.. entries.Cast<double>().Select(entry => (float)entry)];
    }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>One entry.</summary>
    public double this[int i, int j] => _entries[i, j];

    /// <summary>Q·Λ·Qᵀ with a random orthogonal Q: a normal matrix with these real eigenvalues.</summary>
    public static SquareMatrix OfSpectrum(int seed, params double[] eigenvalues)
    {
        ArgumentNullException.ThrowIfNull(eigenvalues);
        double[,] diagonal = new double[eigenvalues.Length, eigenvalues.Length];
        for (int i = 0; i < eigenvalues.Length; i++)
        {
            diagonal[i, i] = eigenvalues[i];
        }

        return new SquareMatrix(diagonal).Rotated(seed);
    }

    /// <summary>Q·R·Qᵀ with R of 2 × 2 blocks: a normal matrix whose eigenvalues are these and their conjugates.</summary>
    public static SquareMatrix OfComplexPairs(int seed, params Complex[] eigenvalues)
    {
        ArgumentNullException.ThrowIfNull(eigenvalues);
        double[,] blocks = new double[2 * eigenvalues.Length, 2 * eigenvalues.Length];
        for (int i = 0; i < eigenvalues.Length; i++)
        {
            (blocks[2 * i, 2 * i], blocks[2 * i, (2 * i) + 1]) = (eigenvalues[i].Real, -eigenvalues[i].Imaginary);
            (blocks[(2 * i) + 1, 2 * i], blocks[(2 * i) + 1, (2 * i) + 1]) = (eigenvalues[i].Imaginary, eigenvalues[i].Real);
        }

        return new SquareMatrix(blocks).Rotated(seed);
    }

    /// <summary>Normally distributed entries of standard deviation gain/√D: ‖·‖₂ is near 2·gain and the spectral radius near gain.</summary>
    public static SquareMatrix Random(int seed, int width, double gain)
    {
        var random = new Gaussian(seed);
        double[,] entries = new double[width, width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                entries[i, j] = gain / Math.Sqrt(width) * random.Next();
            }
        }

        return new SquareMatrix(entries);
    }

    /// <summary>Q·M·Qᵀ for a random orthogonal Q: the same spectrum in another basis.</summary>
    public SquareMatrix Rotated(int seed)
    {
        double[,] basis = Orthogonal(seed, Width);
        return new SquareMatrix(Product(Product(basis, _entries), Transpose(basis)));
    }

    /// <summary>Mᵀ.</summary>
    public SquareMatrix Transposed() => new(Transpose(_entries));

    /// <summary>M·z in single precision.</summary>
    public void Multiply(ReadOnlySpan<float> z, Span<float> product)
    {
        for (int i = 0; i < Width; i++)
        {
            product[i] = TensorPrimitives.Dot(_single.AsSpan(i * Width, Width), z);
        }
    }

    /// <summary>(I − M)⁻¹·b by Gaussian elimination with pivoting, in double.</summary>
    public double[] SolveIdentityMinus(ReadOnlySpan<float> b)
    {
        double[,] system = new double[Width, Width + 1];
        for (int i = 0; i < Width; i++)
        {
            for (int j = 0; j < Width; j++)
            {
                system[i, j] = (i == j ? 1 : 0) - _entries[i, j];
            }

            system[i, Width] = b[i];
        }

        return Eliminate(system, Width);
    }

    private static double[] Eliminate(double[,] system, int width)
    {
        for (int column = 0; column < width; column++)
        {
            int pivot = Enumerable.Range(column, width - column).MaxBy(row => Math.Abs(system[row, column]));
            for (int j = column; j <= width; j++)
            {
                (system[column, j], system[pivot, j]) = (system[pivot, j], system[column, j]);
            }

            for (int row = 0; row < width; row++)
            {
                double factor = row == column ? 0 : system[row, column] / system[column, column];
                for (int j = column; j <= width; j++)
                {
                    system[row, j] -= factor * system[column, j];
                }
            }
        }

        return [.. Enumerable.Range(0, width).Select(i => system[i, width] / system[i, i])];
    }

    /// <summary>Gram and Schmidt's process, twice, on random columns.</summary>
    private static double[,] Orthogonal(int seed, int width)
    {
        var random = new Gaussian(seed);
        double[][] columns = [.. Enumerable.Range(0, width).Select(_ => Enumerable.Range(0, width).Select(_ => random.Next()).ToArray())];
        for (int i = 0; i < width; i++)
        {
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < i; j++)
                {
                    double overlap = columns[i].Zip(columns[j], (a, b) => a * b).Sum();
                    columns[i] = [.. columns[i].Zip(columns[j], (a, b) => a - (overlap * b))];
                }
            }

            double norm = Math.Sqrt(columns[i].Sum(a => a * a));
            columns[i] = [.. columns[i].Select(a => a / norm)];
        }

        double[,] basis = new double[width, width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                basis[i, j] = columns[j][i];
            }
        }

        return basis;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        int width = a.GetLength(0);
        double[,] product = new double[width, width];
        for (int i = 0; i < width; i++)
        {
            for (int k = 0; k < width; k++)
            {
                for (int j = 0; j < width; j++)
                {
                    product[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return product;
    }

    private static double[,] Transpose(double[,] a)
    {
        int width = a.GetLength(0);
        double[,] transposed = new double[width, width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                transposed[j, i] = a[i, j];
            }
        }

        return transposed;
    }
}
