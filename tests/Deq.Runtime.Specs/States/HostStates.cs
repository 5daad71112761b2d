using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.States;

public sealed class HostStates
{
    /// <summary>Around the length of one block of a pass, 2048, and around vector registers.</summary>
    private static readonly int[] InterestingWidths = [1, 2, 7, 8, 9, 31, 33, 2047, 2048, 2049, 4096, 5000];

    public static TheoryData<int> Widths => [.. InterestingWidths];

    /// <summary>Single precision within a block: an error of some ulps of Σ|a·b|.</summary>
    [Theory, MemberData(nameof(Widths))]
    public void Inner_products_are_those_of_a_scalar_loop_in_double(int width)
    {
        HostStateSpace space = Filled(rows: 3, width, slots: 4);
        double[] products = new double[3 * 3];

        space.InnerProducts(1, [0, 1, 3], products, 3);

        for (int row = 0; row < 3; row++)
        {
            int i = 0;
            foreach (int other in new[] { 0, 1, 3 })
            {
                (double product, double moduli) = Product(space.Row(1, row), space.Row(other, row));
                Assert.Equal(product, products[(3 * row) + i++], 1e-6 * moduli);
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Combinations_are_those_of_a_scalar_loop_in_double(int width)
    {
        HostStateSpace space = Filled(rows: 2, width, slots: 4);
        double[] weights = [0.5, -2, 3.25, -1, 0.125, 7];
        double[][] expected = [.. Enumerable.Range(0, 2).Select(row => Combination(space, [0, 2, 3], weights.AsSpan(3 * row, 3), row))];

        space.Combine([0, 2, 3], weights, 1, 2);

        for (int row = 0; row < 2; row++)
        {
            AssertNear(expected[row], space.Row(1, row));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_target_of_a_combination_may_be_any_of_its_vectors(int target)
    {
        HostStateSpace space = Filled(rows: 1, width: 3000, slots: 3);
        double[] weights = [0.5, -2, 3.25];
        double[] expected = Combination(space, [0, 1, 2], weights, 0);

        space.Combine([0, 1, 2], weights, target, 1);

        AssertNear(expected, space.Row(target, 0));
    }

    [Fact]
    public void A_vector_may_occur_twice_in_a_combination()
    {
        HostStateSpace space = Filled(rows: 1, width: 5, slots: 2);
        double[] expected = Combination(space, [0, 0, 1], [1, 1, 0], 0);

        space.Combine([0, 0, 1], [1, 1, 0], 0, 1);

        AssertNear(expected, space.Row(0, 0));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.5, 0)]
    [InlineData(1, 1)]
    public void A_vector_of_weight_zero_is_not_read(double weight, int target)
    {
        HostStateSpace space = Filled(rows: 1, width: 2500, slots: 3);
        space.Row(2, 0).Fill(float.NaN);

        space.Combine([2, 0, 1], [0, weight, 2], target, 1);

        Assert.True(float.IsFinite(space.Row(target, 0)[0]) && float.IsFinite(space.Row(target, 0)[2499]));
    }

    [Fact]
    public void A_combination_of_weights_that_are_all_zero_is_zero_even_over_what_was_not_finite()
    {
        HostStateSpace space = Filled(rows: 1, width: 2500, slots: 2);
        space.Row(1, 0).Fill(float.NaN);

        space.Combine([0, 1], [0, 0], 1, 1);

        Assert.All(space.Row(1, 0).ToArray(), number => Assert.Equal(0, number));
    }

    [Fact]
    public void Rows_beyond_those_named_are_left_alone()
    {
        HostStateSpace space = Filled(rows: 3, width: 4, slots: 2);
        float[] before = space.Row(1, 2).ToArray();

        space.Combine([0], [3, 3], 1, 2);

        Assert.Equal(before, space.Row(1, 2));
    }

    [Fact]
    public void A_move_takes_the_row_along_in_every_slot()
    {
        HostStateSpace space = Filled(rows: 4, width: 3, slots: 2);
        float[][] before = [space.Row(0, 3).ToArray(), space.Row(1, 3).ToArray(), space.Row(0, 1).ToArray()];

        space.Move([new RowMove(3, 0)]);

        Assert.Equal(before[0], space.Row(0, 0));
        Assert.Equal(before[1], space.Row(1, 0));
        Assert.Equal(before[2], space.Row(0, 1));
    }

    [Fact]
    public void A_copied_row_goes_to_the_same_row_of_the_other_slot_alone()
    {
        HostStateSpace space = Filled(rows: 2, width: 3, slots: 2);
        float[] neighbour = space.Row(1, 0).ToArray();

        space.CopyRow(0, 1, 1);

        Assert.Equal(space.Row(0, 1).ToArray(), space.Row(1, 1));
        Assert.Equal(neighbour, space.Row(1, 0));
    }

    [Fact]
    public void New_slots_are_zero_and_keep_their_array()
    {
        var space = new HostStateSpace(2, 3);
        int first = space.Allocate(2);
        float[] array = space[first + 1];

        int next = space.Allocate(1);

        Assert.Equal((0, 2), (first, next));
        Assert.All(array, number => Assert.Equal(0, number));
        Assert.Same(array, space[first + 1]);
        Assert.Equal(6, array.Length);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    [InlineData(1 << 20, 1 << 20)]
    public void A_space_without_rows_or_numbers_or_with_too_many_is_refused(int capacity, int width) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HostStateSpace(capacity, width));

    [Fact]
    public void A_function_of_one_row_follows_the_row_that_moves()
    {
        var space = new HostStateSpace(3, 1);
        int slot = space.Allocate(2);
        var map = new HostMap(space, (identity, _, fz) => fz[0] = identity);

        map.Move([new RowMove(2, 0)]);
        map.Evaluate(slot, slot + 1, 2);

        Assert.Equal([2f, 1f], space[slot + 1].AsSpan(0, 2));
    }

    private static HostStateSpace Filled(int rows, int width, int slots)
    {
        var space = new HostStateSpace(rows, width);
        space.Allocate(slots);
        var random = new Gaussian(17);
        for (int slot = 0; slot < slots; slot++)
        {
            for (int i = 0; i < rows * width; i++)
            {
                space[slot][i] = (float)random.Next();
            }
        }

        return space;
    }

    private static (double Product, double Moduli) Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0;
        double moduli = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            moduli += Math.Abs((double)a[i] * b[i]);
        }

        return (product, moduli);
    }

    private static double[] Combination(HostStateSpace space, int[] vectors, ReadOnlySpan<double> weights, int row)
    {
        double[] sum = new double[space.Width];
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += weights[i] * space.Row(vectors[i], row)[j];
            }
        }

        return sum;
    }

    /// <summary>Three terms of weights up to 7 and numbers up to 5: a few ulps of 40.</summary>
    private static void AssertNear(double[] expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }
}
