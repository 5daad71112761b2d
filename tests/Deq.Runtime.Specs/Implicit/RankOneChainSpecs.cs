using Deq.Runtime.Implicit;
using Deq.Runtime.States;

namespace Deq.Runtime.Specs.Implicit;

public sealed class RankOneChainSpecs
{
    private const int Rows = 3;
    private const int Width = 5;
    private const double Rounding = 1e-4;

    [Fact]
    public void Are_adjoint_to_their_transposes()
    {
        HostStateSpace space = Space(slots: 8);
        RankOneChain chain = Chain(space);
        double[] left = new double[Rows];
        double[] right = new double[Rows];
        Copy(space, from: 4, to: 6);
        Copy(space, from: 5, to: 7);

        chain.Apply(6, Rows);
        chain.ApplyTransposed(7, Rows);
        space.InnerProducts(6, [5], left, Rows);
        space.InnerProducts(4, [7], right, Rows);

        Assert.All(left.Zip(right), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        Assert.DoesNotContain(0, left);
    }

    [Fact]
    public void Take_the_image_of_every_new_secant_to_its_step()
    {
        HostStateSpace space = Space(slots: 8);
        RankOneChain chain = Chain(space);
        Copy(space, from: 5, to: 6);

        chain.AddSecant(step: 4, image: 5, Rows);
        chain.Apply(6, Rows);

        Assert.All(space[6].Zip(space[4]), pair => Assert.Equal(pair.Second, pair.First, 1e-3));
    }

    [Fact]
    public void Are_exact_after_as_many_orthogonal_secants_as_there_are_dimensions()
    {
        HostStateSpace space = Space(slots: (2 * Width) + 3);
        var chain = new RankOneChain(space);
        int image = 2 * Width;
        float[] matrix = [.. space[image + 1].Take(Width * Width)];
        for (int j = 0; j < Width; j++)
        {
            Fill(space, j, (_, i) => i == j ? 1 : 0);
            Fill(space, Width + j, (_, i) => Entry(matrix, i, j));
            chain.AddSecant(j, Width + j, Rows);
        }

        Fill(space, image, (row, i) => Enumerable.Range(0, Width).Sum(j => Entry(matrix, i, j) * (row + j + 1)));
        Fill(space, image + 2, (row, i) => Enumerable.Range(0, Width).Sum(j => Entry(matrix, j, i) * (row + j + 1)));
        chain.Apply(image, Rows);
        chain.ApplyTransposed(image + 2, Rows);

        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < Width; i++)
            {
                Assert.Equal(row + i + 1, space.Row(image, row)[i], 1e-4);
                Assert.Equal(row + i + 1, space.Row(image + 2, row)[i], 1e-4);
            }
        }
    }

    [Fact]
    public void Are_the_identity_for_a_row_left_out_whatever_the_slots_hold_of_it()
    {
        HostStateSpace space = Space(slots: 8);
        RankOneChain chain = Chain(space);
        space.Row(0, 1).Fill(float.NaN);
        Copy(space, from: 4, to: 6);

        chain.Forget(1);
        chain.Apply(6, Rows);

        Assert.Equal(space.Row(4, 1).ToArray(), space.Row(6, 1).ToArray());
        Assert.NotEqual(space.Row(4, 2).ToArray(), space.Row(6, 2).ToArray());
    }

    [Fact]
    public void Leave_out_a_secant_of_no_length()
    {
        HostStateSpace space = Space(slots: 8);
        RankOneChain chain = Chain(space);
        space.Row(5, 0).Clear();
        Copy(space, from: 6, to: 7);

        chain.Apply(6, Rows);
        chain.AddSecant(step: 4, image: 5, Rows);
        chain.Apply(7, Rows);

        Assert.Equal(space.Row(6, 0).ToArray(), space.Row(7, 0).ToArray());
        Assert.NotEqual(space.Row(6, 1).ToArray(), space.Row(7, 1).ToArray());
    }

    /// <summary>A matrix near the identity.</summary>
    private static float Entry(float[] matrix, int i, int j) => (i == j ? 1 : 0) + (0.5f * matrix[((i * Width) + j) % matrix.Length]);

    private static void Fill(HostStateSpace space, int slot, Func<int, int, float> value)
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < Width; i++)
            {
                space.Row(slot, row)[i] = value(row, i);
            }
        }
    }

    private static RankOneChain Chain(HostStateSpace space)
    {
        var chain = new RankOneChain(space);
        chain.Add(left: 0, right: 1, [0.3, -0.2, 0.1]);
        chain.Add(left: 2, right: 3, [0.1, 0.4, -0.3]);
        return chain;
    }

    private static HostStateSpace Space(int slots)
    {
        var space = new HostStateSpace(Rows, Width);
        space.Allocate(slots);
        var random = new Random(2);
        for (int slot = 0; slot < slots; slot++)
        {
            for (int i = 0; i < Rows * Width; i++)
            {
                space[slot][i] = random.NextSingle() - 0.5f;
            }
        }

        return space;
    }

    private static void Copy(HostStateSpace space, int from, int to)
    {
        for (int row = 0; row < Rows; row++)
        {
            space.CopyRow(from, to, row);
        }
    }
}
