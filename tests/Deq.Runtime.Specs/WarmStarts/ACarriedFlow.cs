using CsCheck;
using Deq.Runtime.WarmStarts;

namespace Deq.Runtime.Specs.WarmStarts;

public sealed class ACarriedFlow
{
    private static readonly CarryOptions s_whole = CarryOptions.AsTrained;

    [Fact]
    public void Goes_where_it_says_and_leaves_the_cold_start_behind()
    {
        float[] carried = Carry(1, 1, 4, s_whole, [1, 2, 3, 4], [2, 0, 0, 0], [0, 0, 0, 0]);

        Assert.Equal([0, 2, 1, 4, 0, 0, 2, 0, 0, 0, 0, 0], carried);
    }

    [Fact]
    public void Is_rounded_to_the_nearest_cell_and_halves_to_the_even_one()
    {
        float[] carried = Carry(1, 1, 6, s_whole, [1, 2, 3, 4, 5, 6], [0.5f, 0.49f, 0.5f, 1.5f, 0, 0.51f], new float[6]);

        Assert.Equal([1, 2, 3, 0, 4, 0], carried[..6]);
    }

    [Fact]
    public void Keeps_what_moves_furthest_where_several_arrive()
    {
        float[] right = Carry(1, 1, 3, s_whole, [1, 2, 3], [1, 0, -0.6f], new float[3]);
        float[] equal = Carry(1, 1, 3, s_whole, [1, 2, 3], [1, 0.2f, -1], new float[3]);

        Assert.Equal(1, right[1]);
        Assert.Equal(3, equal[1]);
    }

    [Fact]
    public void Loses_what_leaves_the_frame_or_moves_by_no_number()
    {
        float[] carried = Carry(1, 2, 2, s_whole, [1, 2, 3, 4], [-0.6f, 0.6f, float.NaN, 0], [0, 0, 0, float.PositiveInfinity]);

        Assert.Equal(new float[12], carried);
    }

    [Fact]
    public void Is_scaled_as_the_options_say()
    {
        CarryOptions options = new() { FlowScale = 0.25f, HiddenScale = 0.5f };

        float[] carried = Carry(1, 1, 2, options, [8, 6], [0.4f, 0], [0, -0.4f]);

        Assert.Equal([4, 3, 0.1f, 0, 0, -0.1f], carried);
    }

    [Fact]
    public void Holds_half_of_the_flow_unless_told_otherwise() =>
        Assert.Equal(new CarryOptions { FlowScale = 0.5f, HiddenScale = 1, Fill = CarryFill.Cold }, new CarryOptions());

    [Fact]
    public void Fills_with_what_was_there_when_told_to()
    {
        float[] carried = Carry(1, 1, 4, s_whole with { Fill = CarryFill.Unmoved }, [1, 2, 3, 4], [2, 0, 0, 0], new float[4]);

        Assert.Equal([1, 2, 1, 4], carried[..4]);
    }

    [Fact]
    public void Fills_with_the_neighbour_that_moves_least_when_told_to()
    {
        float[] carried = Carry(1, 1, 5, s_whole with { Fill = CarryFill.Background }, [1, 2, 3, 4, 5], [0, 2, 0, -0.4f, 0], new float[5]);
        float[] column = Carry(1, 3, 1, s_whole with { Fill = CarryFill.Background }, [1, 2, 3], new float[3], [0, 1, 0.4f]);

        Assert.Equal([1, 1, 3, 2, 5], carried[..5]);
        Assert.Equal([1, 1, 2], column[..3]);
    }

    [Fact]
    public void Fills_nothing_where_nothing_arrives_at_all()
    {
        float[] carried = Carry(1, 2, 2, s_whole with { Fill = CarryFill.Background }, [1, 2, 3, 4], [9, 9, 9, 9], new float[4]);

        Assert.Equal(new float[12], carried);
    }

    [Fact]
    public void Is_the_state_itself_where_nothing_moves() => Gen.Float[-2, 2].Array[5 * 4].Sample(hidden =>
    {
        float[] state = [.. hidden, .. new float[2 * 4]];
        foreach (CarryFill fill in Enum.GetValues<CarryFill>())
        {
            float[] carried = new float[state.Length];

            int holes = CarriedFlow.Carry(state, new FlowStateLayout(5, 2, 2), s_whole with { Fill = fill }, carried);

            Assert.Equal(0, holes);
            Assert.Equal(state, carried);
        }
    });

    [Fact]
    public void Counts_the_cells_that_nothing_moves_to()
    {
        float[] state = [0, 1, 0, 0, 0, 0, 0, 0];

        int holes = CarriedFlow.Carry(state, new FlowStateLayout(0, 2, 2), s_whole, new float[8]);

        Assert.Equal(0, CarriedFlow.Carry(new float[8], new FlowStateLayout(0, 2, 2), s_whole, new float[8]));
        Assert.Equal(1, holes);
    }

    [Fact]
    public void Allocates_nothing()
    {
        var layout = new FlowStateLayout(48, 60, 80);
        float[] state = new float[layout.Length];
        float[] carried = new float[layout.Length];
        CarryOptions options = new() { Fill = CarryFill.Background };
        CarriedFlow.Carry(state, layout, options, carried);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CarriedFlow.Carry(state, layout, options, carried);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Refuses_lengths_that_do_not_fit_and_to_overwrite_what_it_reads()
    {
        var layout = new FlowStateLayout(1, 2, 2);
        float[] state = new float[12];

        Assert.Contains("11 and 12", Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state.AsSpan(1), layout, s_whole, new float[12])).Message);
        Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state, layout, s_whole, state));
        Assert.Throws<ArgumentException>(() => CarriedFlow.Carry(state, new FlowStateLayout(1, 0, 2), s_whole, new float[12]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CarryOptions { FlowScale = 1.1f });
    }

    private static float[] Carry(int hidden, int height, int width, CarryOptions options, float[] h, float[] u, float[] v)
    {
        float[] state = [.. h, .. u, .. v];
        float[] carried = new float[state.Length];
        CarriedFlow.Carry(state, new FlowStateLayout(hidden, height, width), options, carried);
        return carried;
    }
}
