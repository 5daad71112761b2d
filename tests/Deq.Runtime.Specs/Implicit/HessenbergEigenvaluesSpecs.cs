using System.Numerics;
using Deq.Runtime.Implicit;
using Deq.Testing;

namespace Deq.Runtime.Specs.Implicit;

public sealed class HessenbergEigenvaluesSpecs
{
    /// <summary>A sideInput matrix is Hessenberg, and its eigenvalues are the roots of its polynomial.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    public void Of_a_cyclic_shift_are_the_roots_of_one(int size)
    {
        double[,] shift = new double[size, size];
        shift[0, size - 1] = 1;
        for (int i = 1; i < size; i++)
        {
            shift[i, i - 1] = 1;
        }

        Complex[] eigenvalues = HessenbergEigenvalues.Of(shift, size);

        Assert.All(eigenvalues, value => Assert.Equal(0, (Complex.Pow(value, size) - 1).Magnitude, 1e-10));
        IEnumerable<double> turns = eigenvalues.Select(value => (Math.Round(value.Phase * size / Math.Tau) + size) % size);
        Assert.Equal(size, turns.Distinct().Count());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(24)]
    [InlineData(64)]
    public void Of_a_random_matrix_have_its_trace_and_that_of_its_square(int size)
    {
        double[,] matrix = RandomHessenberg(size);
        double trace = Enumerable.Range(0, size).Sum(i => matrix[i, i]);
        double traceOfSquare = Enumerable.Range(0, size).Sum(i => Enumerable.Range(0, size).Sum(j => matrix[i, j] * matrix[j, i]));

        Complex[] eigenvalues = HessenbergEigenvalues.Of(matrix, size);

        Assert.Equal(0, (eigenvalues.Aggregate(Complex.Zero, (sum, value) => sum + value) - trace).Magnitude, 1e-9 * size);
        Assert.Equal(0, (eigenvalues.Aggregate(Complex.Zero, (sum, value) => sum + (value * value)) - traceOfSquare).Magnitude, 1e-8 * size);
    }

    [Fact]
    public void Of_a_nilpotent_block_are_zero()
    {
        double[,] matrix = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } };

        Assert.All(HessenbergEigenvalues.Of(matrix, 3), value => Assert.Equal(0, value.Magnitude));
    }

    private static double[,] RandomHessenberg(int size)
    {
        var random = new Gaussian(size);
        double[,] matrix = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = Math.Max(0, i - 1); j < size; j++)
            {
                matrix[i, j] = random.Next();
            }
        }

        return matrix;
    }
}
