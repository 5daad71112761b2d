using CsCheck;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

public sealed class CarriedFlowSpecs
{
    [Fact]
    public void Goes_where_it_says_and_leaves_the_background_behind()
    {
        float[] carried = Carry(1, 1, 4, [1, 2, 3, 4], [2, 0, 0, 0], [0, 0, 0, 0]);

        Assert.Equal([2, 2, 2, 4, 0, 0, 1, 0, 0, 0, 0, 0], carried);
    }

    [Fact]
    public void Is_spread_over_the_four_cells_around_where_it_says()
    {
        float[] h = [8, 0, 0, 0];
        float[] carried = Carry(1, 2, 2, h, [0.5f, 9, 9, 9], [0.25f, 0, 0, 0]);

        // Shares of 3/8, 3/8, 1/8 and 1/8; the last two are too little to count, and are filled from above.
        Assert.Equal([8, 8, 8, 8], carried[..4]);
    }

    [Fact]
    public void Is_the_mean_of_what_falls_on_a_cell_by_its_share() => Gen.Float[0, 1].Sample(share =>
    {
        float[] carried = Carry(1, 1, 3, [4, 1, 9], [share, 0, 9], new float[3]);

        Assert.Equal(((share * 4) + 1) / (share + 1), carried[1], 1e-5f);
        Assert.Equal(1 - share < CarriedFlow.LeastCover ? carried[1] : 4, carried[0], 1e-5f);
    });

    [Fact]
    public void Of_one_motion_is_the_state_read_between_its_cells() => Gen.Select(Gen.Float[-1, 1].Array[6 * 7], Gen.Float[-1.5f, 1.5f], Gen.Float[-1.5f, 1.5f]).Sample((h, u, v) =>
    {
        float[] carried = Carry(1, 6, 7, h, [.. Enumerable.Repeat(u, 42)], [.. Enumerable.Repeat(v, 42)]);

        // Away from the edges all shares of a cell sum to 1.
        for (int row = 2; row < 4; row++)
        {
            for (int column = 2; column < 5; column++)
            {
                Assert.Equal(Between(h, row - v, column - u), carried[(row * 7) + column], 1e-4f);
            }
        }

        static float Between(float[] h, float y, float x)
        {
            (int top, int left) = ((int)MathF.Floor(y), (int)MathF.Floor(x));
            (float down, float right) = (y - top, x - left);
            return ((1 - down) * (((1 - right) * h[(top * 7) + left]) + (right * h[(top * 7) + left + 1])))
                + (down * (((1 - right) * h[((top + 1) * 7) + left]) + (right * h[((top + 1) * 7) + left + 1])));
        }
    });

    [Fact]
    public void Loses_what_leaves_the_frame_or_moves_by_no_number()
    {
        float[] carried = Carry(1, 2, 2, [1, 2, 3, 4], [-1, 1, float.NaN, 0], [0, 0, 0, float.PositiveInfinity]);

        Assert.Equal(new float[12], carried);
    }

    [Fact]
    public void Fills_with_the_neighbour_that_moves_least()
    {
        float[] carried = Carry(1, 1, 5, [1, 2, 3, 4, 5], [0, 2, 1, 2, 9], new float[5]);
        float[] column = Carry(1, 3, 1, [1, 2, 3], new float[3], [0, 1, 9]);

        Assert.Equal([1, 1, 1, 2.5f, 2.5f], carried[..5]);
        Assert.Equal([1, 1, 2], column[..3]);
    }

    [Fact]
    public void Fills_nothing_where_nothing_arrives_at_all()
    {
        float[] carried = Carry(1, 2, 2, [1, 2, 3, 4], [9, 9, 9, 9], new float[4]);

        Assert.Equal(new float[12], carried);
    }

    [Fact]
    public void Is_the_state_itself_where_nothing_moves() => Gen.Float[-2, 2].Array[5 * 4].Sample(hidden =>
    {
        float[] state = [.. hidden, .. new float[2 * 4]];
        float[] carried = new float[state.Length];

        CarriedFlow.Carry(state, new FlowStateLayout(5, 2, 2), carried);

        Assert.Equal(state, carried);
    });

    [Fact]
    public void Allocates_nothing()
    {
        var layout = new FlowStateLayout(48, 60, 80);
        float[] state = new float[layout.Length];
        float[] carried = new float[layout.Length];
        CarriedFlow.Carry(state, layout, carried);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CarriedFlow.Carry(state, layout, carried);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Refuses_lengths_that_do_not_fit_and_to_overwrite_what_it_reads()
    {
        var layout = new FlowStateLayout(1, 2, 2);
        float[] state = new float[12];

        Assert.Contains("11 and 12", Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state.AsSpan(1), layout, new float[12])).Message);
        Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state, layout, state));
        Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state, new FlowStateLayout(1, 0, 2), new float[12]));
    }

    private static float[] Carry(int hidden, int height, int width, float[] h, float[] u, float[] v)
    {
        float[] state = [.. h, .. u, .. v];
        float[] carried = new float[state.Length];
        CarriedFlow.Carry(state, new FlowStateLayout(hidden, height, width), carried);
        return carried;
    }
}
