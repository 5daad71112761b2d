using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Runtime.Specs.States;

/// <summary>What host memory promises beyond <see cref="StateSpaceSpecs"/>.</summary>
public sealed class HostStateSpaceSpecs
{
    [Fact]
    public void Keep_the_array_of_a_slot()
    {
        var space = new HostStateSpace(2, 3);
        int first = space.Allocate(2);
        float[] array = space[first + 1];

        space.Allocate(1);

        Assert.Same(array, space[first + 1]);
        Assert.Equal(6, array.Length);
    }

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
}
