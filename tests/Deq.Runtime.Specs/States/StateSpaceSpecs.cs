using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Specs.States;

/// <summary>What holds wherever states live: in host memory, and in the memory of every device of ONNX Runtime that works here.</summary>
public sealed class StateSpaceSpecs
{
    /// <summary>
    /// Around the length of one block of a pass, 2048, and around vector registers; 5003 is prime, so it has no block that divides it.
    /// </summary>
    private static readonly int[] InterestingWidths = [1, 2, 7, 8, 9, 31, 33, 2047, 2048, 2049, 4096, 5000, 5003];

    public static TheoryData<string> Spaces => [.. SpaceUnderTest.Names];

    public static MatrixTheoryData<string, int> SpacesAndWidths => new(SpaceUnderTest.Names, InterestingWidths);

    public static MatrixTheoryData<string, int> SpacesAndTargets => new(SpaceUnderTest.Names, [0, 1, 2]);

    /// <summary>Single precision within a block: an error of some ulps of Σ|a·b|.</summary>
    [Theory, MemberData(nameof(SpacesAndWidths))]
    public void Gives_the_inner_products_of_a_scalar_loop_in_double(string name, int width)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 3, width, slots: 4);
        double[] products = new double[3 * 3];

        space.Space.InnerProducts(1, [0, 1, 3], products, 3);

        for (int row = 0; row < 3; row++)
        {
            int i = 0;
            foreach (int other in new[] { 0, 1, 3 })
            {
                (double product, double moduli) = Product(space.Read(1, row), space.Read(other, row));
                Assert.Equal(product, products[(3 * row) + i++], 1e-6 * moduli);
            }
        }
    }

    [Theory, MemberData(nameof(SpacesAndWidths))]
    public void Gives_the_combinations_of_a_scalar_loop_in_double(string name, int width)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width, slots: 4);
        double[] weights = [0.5, -2, 3.25, -1, 0.125, 7];
        double[][] expected = [.. Enumerable.Range(0, 2).Select(row => Combination(space, [0, 2, 3], weights.AsSpan(3 * row, 3), row))];

        space.Space.Combine([0, 2, 3], weights, 1, 2);

        for (int row = 0; row < 2; row++)
        {
            AssertNear(expected[row], space.Read(1, row));
        }
    }

    [Theory, MemberData(nameof(SpacesAndTargets))]
    public void Combines_into_any_of_the_vectors(string name, int target)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width: 3000, slots: 3);
        double[] weights = [0.5, -2, 3.25, 0, 1, -0.25];
        double[][] expected = [.. Enumerable.Range(0, 2).Select(row => Combination(space, [0, 1, 2], weights.AsSpan(3 * row, 3), row))];

        space.Space.Combine([0, 1, 2], weights, target, 2);

        AssertNear(expected[0], space.Read(target, 0));
        AssertNear(expected[1], space.Read(target, 1));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Combines_a_vector_that_occurs_twice(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 1, width: 5, slots: 2);
        double[] expected = Combination(space, [0, 0, 1], [1, 1, 0], 0);

        space.Space.Combine([0, 0, 1], [1, 1, 0], 0, 1);

        AssertNear(expected, space.Read(0, 0));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Combines_as_before_after_other_weights_and_rows(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width: 6, slots: 3);
        double[] expected = Combination(space, [0, 1], [3, -1], 0);

        space.Space.Combine([0, 1], [5, 2, 0, 1], 2, 2);
        space.Space.Combine([0, 1], [7, 2], 2, 1);
        space.Space.Combine([0, 1], [3, -1], 2, 1);

        AssertNear(expected, space.Read(2, 0));
    }

    [Theory, MemberData(nameof(SpacesAndTargets))]
    public void Does_not_read_a_vector_of_weight_zero(string name, int target)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width: 2500, slots: 3);
        double[] expected = Combination(space, [0, 1], [1, 2], 0);
        space.Fill(2, 0, float.NaN);
        space.Fill(2, 1, float.PositiveInfinity);

        space.Space.Combine([2, 0, 1], [0, 1, 2, 0, 0.5, 2], target, 2);

        AssertNear(expected, space.Read(target, 0));
        Assert.All(space.Read(target, 1), number => Assert.True(float.IsFinite(number)));
    }

    [Theory, MemberData(nameof(SpacesAndTargets))]
    public void Does_not_read_in_one_row_a_vector_that_another_row_needs(string name, int target)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width: 40, slots: 3);
        double[] first = Combination(space, [0, 1], [1, 2], 0);
        double[] second = Combination(space, [2, 0], [-3, 1], 1);
        space.Fill(2, 0, float.NaN);
        space.Fill(1, 1, float.NegativeInfinity);

        space.Space.Combine([2, 0, 1], [0, 1, 2, -3, 1, 0], target, 2);

        AssertNear(first, space.Read(target, 0));
        AssertNear(second, space.Read(target, 1));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Combines_to_zero_when_all_weights_are_even_over_what_was_not_finite(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 1, width: 2500, slots: 2);
        space.Fill(1, 0, float.NaN);

        space.Space.Combine([0, 1], [0, 0], 1, 1);

        Assert.All(space.Read(1, 0), number => Assert.Equal(0, number));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Keeps_a_vector_that_is_itself_to_the_bit(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 2, width: 100, slots: 2);
        float[] before = space.Read(1, 0);
        double[] expected = Combination(space, [0], [2], 1);

        space.Space.Combine([0, 1], [0, 1, 2, 0], 1, 2);

        Assert.Equal(before, space.Read(1, 0));
        AssertNear(expected, space.Read(1, 1));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Leaves_rows_alone_that_are_not_named(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 3, width: 4, slots: 2);
        float[] before = space.Read(1, 2);

        space.Space.Combine([0], [3, 3], 1, 2);

        Assert.Equal(before, space.Read(1, 2));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Lets_a_row_that_is_not_finite_spoil_no_other(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 3, width: 50, slots: 3);
        space.Fill(1, 1, float.NaN);
        double[] products = new double[3];

        space.Space.InnerProducts(0, [1], products, 3);
        space.Space.Combine([0, 1], [1, 1, 1, 1, 1, 1], 2, 3);

        Assert.Equal([true, false, true], products.Select(double.IsFinite));
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(row => space.Read(2, row).All(float.IsFinite)));
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Moves_rows_in_every_slot(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 6, width: 3, slots: 2);
        float[][] before = [.. Enumerable.Range(0, 12).Select(i => space.Read(i / 6, i % 6))];

        space.Space.Move([new RowMove(3, 0), new RowMove(5, 1)]);
        space.Space.Move([new RowMove(4, 2)]);

        int[] expected = [3, 5, 4, 3, 4, 5];
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal(before[(i / 6 * 6) + expected[i % 6]], space.Read(i / 6, i % 6));
        }
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Copies_a_row_to_the_same_row_of_the_other_slot_alone(string name)
    {
        using SpaceUnderTest space = SpaceUnderTest.Filled(name, rows: 3, width: 3, slots: 2);
        float[][] neighbours = [space.Read(1, 0), space.Read(1, 2)];

        space.Space.CopyRow(0, 1, 1);

        Assert.Equal(space.Read(0, 1), space.Read(1, 1));
        Assert.Equal(neighbours, [space.Read(1, 0), space.Read(1, 2)]);
    }

    [Theory, MemberData(nameof(Spaces))]
    public void Numbers_new_slots_in_order_and_fills_them_with_zeros(string name)
    {
        using var space = new SpaceUnderTest(name, 2, 300);

        (int first, int next) = (space.Space.Allocate(2), space.Space.Allocate(1));

        Assert.Equal((0, 2, 2), (first, next, space.Space.Capacity));
        Assert.All(Enumerable.Range(0, 6), i => Assert.All(space.Read(i / 2, i % 2), number => Assert.Equal(0, number)));
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void Is_refused_without_rows_or_numbers_or_with_too_many(string name)
    {
        foreach ((int capacity, int width) in new[] { (0, 3), (3, 0), (1 << 20, 1 << 20) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new SpaceUnderTest(name, capacity, width));
        }
    }

    private static (double Product, double Moduli) Product(float[] a, float[] b)
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

    private static double[] Combination(SpaceUnderTest space, int[] vectors, ReadOnlySpan<double> weights, int row)
    {
        double[] sum = new double[space.Width];
        for (int i = 0; i < vectors.Length; i++)
        {
            float[] vector = space.Read(vectors[i], row);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += weights[i] * vector[j];
            }
        }

        return sum;
    }

    /// <summary>Three terms of weights up to 7 and numbers up to 5: a few ulps of 40.</summary>
    private static void AssertNear(double[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }
}
