using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FlowFieldSpecs
{
    [Fact]
    public void Is_zero_where_it_is_unknown_and_knows_its_longest_vector()
    {
        var flow = new FlowField(2, 1, [3, float.NaN], [-4, 7], [true, false]);

        Assert.Equal([3, 0], flow.U);
        Assert.Equal([-4, 0], flow.V);
        Assert.Equal(5, flow.Longest(), 12);
    }

    [Fact]
    public void Refuses_arrays_of_another_size_and_numbers_that_are_none()
    {
        Assert.Contains("6, 5 and 6", Assert.Throws<ArgumentException>(() => new FlowField(3, 2, new float[6], new float[5])).Message);
        Assert.Throws<ArgumentException>(() => new FlowField(1, 1, [float.NaN], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlowField(0, 1, [], []));
    }
}
