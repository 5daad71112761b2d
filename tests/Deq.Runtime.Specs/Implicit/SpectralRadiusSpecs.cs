using System.Numerics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.Implicit;

public sealed class SpectralRadiusSpecs
{
    private static readonly double[] Crowded = [.. Enumerable.Range(0, 64).Select(i => 0.9 * i / 63)];

    /// <summary>Matrices whose spectral radius is known, by name.</summary>
    private static readonly Dictionary<string, (SquareMatrix Matrix, double Radius)> Known = new()
    {
        ["one number"] = (SquareMatrix.OfSpectrum(1, -0.7), 0.7),
        ["real dominant"] = (SquareMatrix.OfSpectrum(1, [0.95, .. Crowded.Select(value => value * 0.9)]), 0.95),
        ["real, negative dominant"] = (SquareMatrix.OfSpectrum(1, [-1.3, .. Crowded]), 1.3),
        ["crowded"] = (SquareMatrix.OfSpectrum(2, Crowded), 0.9),
        ["complex dominant pair"] = (Pairs(Complex.FromPolarCoordinates(1.1, 1.2)), 1.1),
        ["complex pair near the real axis"] = (Pairs(Complex.FromPolarCoordinates(0.99, 0.1)), 0.99),
        ["purely imaginary pair"] = (Pairs(new Complex(0, 0.95)), 0.95),
        ["a pair of opposite sign"] = (SquareMatrix.OfSpectrum(3, [0.97, -0.97, .. Crowded.Select(value => value * 0.9)]), 0.97),
        ["all of one modulus"] = (NamedProblems.Circle(seed: 9, pairs: 8), 0.9),
        ["far from normal"] = (new SquareMatrix(new[,] { { 0.5, 40, 3 }, { 0, -0.8, 20 }, { 0, 0, 0.1 } }).Rotated(6), 0.8),
        ["identity"] = (SquareMatrix.OfSpectrum(4, 1, 1, 1, 1, 1), 1),
        ["zero"] = (SquareMatrix.OfSpectrum(4, 0, 0, 0), 0),
        ["far below one"] = (SquareMatrix.OfSpectrum(5, 1e-6, -5e-7, 2e-7), 1e-6),
        ["far above one"] = (SquareMatrix.OfSpectrum(5, 1e6, -5e5, 2e5), 1e6),
        ["defective, two"] = (new SquareMatrix(new[,] { { 0.9, 1 }, { 0, 0.9 } }).Rotated(6), 0.9),
    };

    public static TheoryData<string> Names => [.. Known.Keys];

    /// <summary>One per cent is what 56 products leave in the crowded case and single precision in the defective one.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Are_those_the_matrix_was_made_with(string name)
    {
        (SquareMatrix matrix, double radius) = Known[name];

        double[] estimates = Estimate(matrix, rows: 5);

        Assert.All(estimates, estimate => Assert.InRange(estimate, radius * 0.99, radius * 1.01));
    }

    [Fact]
    public void Come_within_a_few_per_cent_where_more_eigenvalues_share_one_modulus_than_there_are_products()
    {
        double[] estimates = Estimate(NamedProblems.Circle(seed: 1003, pairs: 128), rows: 5);

        Assert.All(estimates, estimate => Assert.InRange(estimate, 0.95 * 0.9, 1.01 * 0.9));
    }

    [Fact]
    public void Are_within_five_thousandths_for_a_rotation_that_shrinks_to_nine_tenths()
    {
        (double cosine, double sine) = (0.9 * Math.Cos(1.2), 0.9 * Math.Sin(1.2));

        double[] estimates = Estimate(new SquareMatrix(new[,] { { cosine, -sine }, { sine, cosine } }), rows: 9);

        Assert.All(estimates, estimate => Assert.InRange(estimate, 0.895, 0.905));
    }

    /// <summary>Random entries are far from normal, and many eigenvalues lie near the largest modulus; scaled so that it is 0.95.</summary>
    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    public void Are_within_a_hundredth_for_large_random_matrices(int seed)
    {
        const int width = 200;
        SquareMatrix random = SquareMatrix.Random(seed, width, 1);
        double scale = 0.95 / GrowthOfPowers(random);
        double[,] entries = new double[width, width];
        for (int i = 0; i < width * width; i++)
        {
            entries[i / width, i % width] = scale * random[i / width, i % width];
        }

        double[] estimates = Estimate(new SquareMatrix(entries), rows: 9);

        Assert.All(estimates, estimate => Assert.InRange(estimate, 0.94, 0.96));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Are_zero_for_nilpotent_matrices(int width)
    {
        double[,] shift = new double[width, width];
        for (int i = 1; i < width; i++)
        {
            shift[i - 1, i] = 1;
        }

        double[] estimates = Estimate(new SquareMatrix(shift).Rotated(7), rows: 4);

        Assert.All(estimates, estimate => Assert.Equal(0, estimate));
    }

    [Fact]
    public void Are_the_same_alone_and_in_a_batch()
    {
        (SquareMatrix matrix, _) = Known["complex dominant pair"];

        double[] together = Estimate(matrix, rows: 4);

        for (int row = 0; row < 4; row++)
        {
            Assert.Equal(Estimate(matrix, rows: 1, firstSeed: row)[0], together[row]);
        }
    }

    [Fact]
    public void Are_not_numbers_where_the_start_is_zero_or_the_map_not_finite_and_neighbours_do_not_mind()
    {
        (SquareMatrix matrix, double radius) = Known["real dominant"];
        var space = new HostStateSpace(3, matrix.Width);
        var map = new HostMap(space, (row, z, fz) =>
        {
            matrix.Multiply(z, fz);
            fz[0] = row == 1 ? float.NaN : fz[0];
        });
        var estimator = new SpectralRadius(space, map);
        WriteStart(estimator, space, row: 1, seed: 1);
        WriteStart(estimator, space, row: 2, seed: 2);

        double[] estimates = estimator.Estimate(3);

        Assert.Equal([double.NaN, double.NaN], estimates[..2]);
        Assert.Equal(radius, estimates[2], 0.01 * radius);
    }

    [Fact]
    public void Can_be_estimated_again_with_the_same_slots()
    {
        (SquareMatrix matrix, _) = Known["crowded"];
        var space = new HostStateSpace(1, matrix.Width);
        var estimator = new SpectralRadius(space, Product(space, matrix));
        WriteStart(estimator, space, row: 0, seed: 3);
        double first = estimator.Estimate(1)[0];

        WriteStart(estimator, space, row: 0, seed: 3);
        double second = estimator.Estimate(1)[0];

        Assert.Equal(first, second);
    }

    [Fact]
    public void Cost_as_many_products_as_stated()
    {
        int evaluations = 0;
        var space = new HostStateSpace(1, 8);
        var estimator = new SpectralRadius(space, new HostMap(space, (_, z, fz) => Stretch(z, fz, ref evaluations)), dimension: 5, powers: 3);
        WriteStart(estimator, space, row: 0, seed: 1);

        estimator.Estimate(1);

        Assert.Equal((8, 8), (estimator.Evaluations, evaluations));
    }

    [Fact]
    public void Refuse_sizes_out_of_range()
    {
        var space = new HostStateSpace(2, 3);
        IFixedPointMap map = new HostMap(space, (_, _, _) => { });

        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralRadius(space, map, dimension: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralRadius(space, map, dimension: 65));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralRadius(space, map, powers: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralRadius(space, map).Estimate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralRadius(space, map).Estimate(3));
    }

    /// <summary>The spectral radius as the mean growth of ‖Mᵏz‖ over many k, in double: right for complex pairs too, to about 1/k.</summary>
    private static double GrowthOfPowers(SquareMatrix matrix)
    {
        const int skipped = 300;
        const int averaged = 4000;
        var random = new Gaussian(5);
        double[] z = [.. Enumerable.Range(0, matrix.Width).Select(_ => random.Next())];
        double logarithms = 0;
        for (int k = 0; k < skipped + averaged; k++)
        {
            double[] product = new double[z.Length];
            for (int i = 0; i < z.Length; i++)
            {
                for (int j = 0; j < z.Length; j++)
                {
                    product[i] += matrix[i, j] * z[j];
                }
            }

            double norm = Math.Sqrt(product.Sum(number => number * number));
            logarithms += k < skipped ? 0 : Math.Log(norm);
            z = [.. product.Select(number => number / norm)];
        }

        return Math.Exp(logarithms / averaged);
    }

    private static SquareMatrix Pairs(Complex dominant) => SquareMatrix.OfComplexPairs(
        8,
        [dominant, .. Enumerable.Range(0, 31).Select(i => Complex.FromPolarCoordinates(0.85 * dominant.Magnitude * i / 30, 0.1 * i))]);

    private static double[] Estimate(SquareMatrix matrix, int rows, int firstSeed = 0)
    {
        var space = new HostStateSpace(rows, matrix.Width);
        var estimator = new SpectralRadius(space, Product(space, matrix));
        for (int row = 0; row < rows; row++)
        {
            WriteStart(estimator, space, row, firstSeed + row);
        }

        return estimator.Estimate(rows);
    }

    private static void WriteStart(SpectralRadius estimator, HostStateSpace space, int row, int seed)
    {
        var random = new Gaussian(100 + seed);
        foreach (ref float number in space.Row(estimator.StartSlot, row))
        {
            number = (float)random.Next();
        }
    }

    private static HostMap Product(HostStateSpace space, SquareMatrix matrix) => new(space, (_, z, fz) => matrix.Multiply(z, fz));

    private static void Stretch(ReadOnlySpan<float> z, Span<float> fz, ref int evaluations)
    {
        evaluations++;
        z.CopyTo(fz);
        fz[0] *= 2;
        fz[1] *= 3;
        fz[2] *= 4;
        fz[3] *= 5;
        fz[4] *= 6;
    }
}
