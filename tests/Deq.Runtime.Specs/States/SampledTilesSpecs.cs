using Deq.Runtime.States;

namespace Deq.Runtime.Specs.States;

/// <summary>Measurements whose inner products may be estimates, by both arithmetics of host memory.</summary>
public sealed class SampledTilesSpecs
{
    private const int Slots = 8;
    private const int Rows = 3;

    public static MatrixTheoryData<int, bool> ShortWidths => new([1, 100, 5000, SampledTiles.SmallestWidth - 1], [true, false]);

    /// <summary>The smallest; ends within a tile, a group and a block; the reference cell's.</summary>
    public static MatrixTheoryData<int, bool> LongWidths =>
        new([SampledTiles.SmallestWidth, SampledTiles.SmallestWidth + 1, 18_432, 20_011, SampledTiles.SmallestWidthOfSixteenths, 49_152], [true, false]);

    [Theory, MemberData(nameof(ShortWidths))]
    public void Of_short_rows_are_exact_to_the_bit(int width, bool isWide)
    {
        (HostStateSpace space, HostStateSpace twin) = (Filled(width, isWide), Filled(width, isWide));
        var sampled = new Measurement(others: 3);
        (double[] products, double[] magnitudes) = (new double[Rows * 4], new double[Rows]);

        sampled.Take(space, 0, 1, 2, [3, 4, 5]);
        twin.Measure(0, 1, 2, keep: true, [3, 4, 5], products, magnitudes, Rows);

        Assert.Equal(products, sampled.Products);
        Assert.Equal(magnitudes, sampled.Magnitudes);
        Assert.Equal(Enumerable.Range(0, Rows).Select(row => products[row * 4]), sampled.Squares);
        Assert.Equal(twin[2], space[2]);
    }

    [Theory, MemberData(nameof(LongWidths))]
    public void Of_long_rows_have_the_norms_of_a_scalar_loop_in_double(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        var sampled = new Measurement(others: 0);

        sampled.Take(space, 0, 1, 2, []);

        for (int row = 0; row < Rows; row++)
        {
            double square = Enumerable.Range(0, width).Sum(i => Math.Pow(space.Row(1, row)[i] - space.Row(0, row)[i], 2));
            double magnitude = Enumerable.Range(0, width).Sum(i => Math.Pow(space.Row(1, row)[i], 2));
            Assert.Equal(square, sampled.Squares[row], 1e-6 * square);
            Assert.Equal(magnitude, sampled.Magnitudes[row], 1e-6 * magnitude);
        }
    }

    /// <summary>Both products of two differences are over the same numbers of each: a tile of sixteen in every whole group.</summary>
    [Theory, MemberData(nameof(LongWidths))]
    public void Of_long_rows_have_the_products_of_one_tile_in_every_group_times_the_tiles_of_a_group(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        var older = new Measurement(others: 0);
        var newer = new Measurement(others: 1);
        int[] kept = Kept(width);
        int stride = SampledTiles.StrideOf(width);

        older.Take(space, 0, 1, 2, []);
        newer.Take(space, 3, 4, 5, [2]);

        for (int row = 0; row < Rows; row++)
        {
            Assert.Equal(stride * kept.Sum(i => Change(0, row, i) * Change(0, row, i)), older.Products[row], 4e-6 * width);
            Assert.Equal(stride * kept.Sum(i => Change(3, row, i) * Change(3, row, i)), newer.Products[2 * row], 4e-6 * width);
            Assert.Equal(stride * kept.Sum(i => Change(3, row, i) * Change(0, row, i)), newer.Products[(2 * row) + 1], 4e-6 * width);
        }

        double Change(int z, int row, int i) => (double)space.Row(z + 1, row)[i] - space.Row(z, row)[i];
    }

    [Fact]
    public void Keep_the_same_numbers_by_both_arithmetics()
    {
        (HostStateSpace wide, HostStateSpace portable) = (Filled(20_011, isWide: true), Filled(20_011, isWide: false));

        new Measurement(others: 0).Take(wide, 0, 1, 2, []);
        new Measurement(others: 0).Take(portable, 0, 1, 2, []);

        Assert.Equal(portable[2], wide[2]);
    }

    /// <summary>However many rows there are, and however many differences their neighbours remember.</summary>
    [Theory, MemberData(nameof(LongWidths))]
    public void Give_a_row_the_same_bits_alone_and_in_company(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        var company = new Measurement(others: 5);
        var alone = new Measurement(others: 1);

        company.Take(space, 0, 1, 2, [3, 4, 5, 6, 7]);
        alone.Take(space, 0, 1, 2, [4], rows: 1);

        Assert.Equal(company.Squares[0], alone.Squares[0]);
        Assert.Equal(company.Magnitudes[0], alone.Magnitudes[0]);
        Assert.Equal(company.Products[0], alone.Products[0]);
        Assert.Equal(company.Products[2], alone.Products[1]);
    }

    /// <summary>Its share of every 1,024 numbers, and of every column of planes of any width between a half and twice its share.</summary>
    [Theory]
    [InlineData(SampledTiles.SmallestWidth)]
    [InlineData(49_152)]
    public void Meet_every_part_of_a_row_and_every_column_of_a_plane(int width)
    {
        int[] kept = Kept(width);

        Assert.Equal(kept.Length, kept.Distinct().Count());
        Assert.All(kept.GroupBy(i => i / 1024), plane => Assert.Equal(1024 / SampledTiles.StrideOf(width), plane.Count()));
        Assert.Equal(width / 1024, kept.Select(i => i / 1024).Distinct().Count());
        for (int columns = 2; columns <= 64; columns++)
        {
            double share = (double)kept.Length / columns;
            int[] met = [.. Enumerable.Range(0, columns).Select(column => kept.Count(i => i % columns == column))];
            Assert.All(met, count => Assert.InRange(count, share / 2, 2 * share));
        }
    }

    private static int[] Kept(int width)
    {
        int stride = SampledTiles.StrideOf(width);
        int group = 16 * stride;
        return [.. Enumerable.Range(0, width / group).SelectMany(i => Enumerable.Range((group * i) + SampledTiles.TileOf(i, stride), 16))];
    }

    private static HostStateSpace Filled(int width, bool isWide) => FilledSpace.Of(Rows, Slots, width, isWide);

    private sealed class Measurement(int others)
    {
        public double[] Products { get; } = new double[Rows * (1 + others)];

        public double[] Squares { get; } = new double[Rows];

        public double[] Magnitudes { get; } = new double[Rows];

        public void Take(HostStateSpace space, int z, int fz, int difference, int[] with, int rows = Rows) =>
            space.MeasureSampled(z, fz, difference, with, Products, Squares, Magnitudes, rows);
    }
}
