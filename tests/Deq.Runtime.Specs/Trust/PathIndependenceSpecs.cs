using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class PathIndependenceSpecs
{
    [Fact]
    public void Equal_directions_have_a_cosine_of_one_and_opposite_ones_of_minus_one()
    {
        float[] state = [1, 2, -3];

        Assert.Equal(1, PathIndependence.Cosine(state, [2, 4, -6]), 1e-6);
        Assert.Equal(-1, PathIndependence.Cosine(state, [-1, -2, 3]), 1e-6);
        Assert.Equal(0, PathIndependence.Cosine([1, 0], [0, 1]), 1e-6);
    }

    [Fact]
    public void Two_states_of_zeros_are_aligned_and_one_is_not()
    {
        Assert.Equal(1, PathIndependence.Cosine([0, 0], [0, 0]));
        Assert.Equal(0, PathIndependence.Cosine([0, 0], [1, 0]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_input_starts_from_another_s_end_and_each_end_is_used_once(int count)
    {
        int[] others = [.. Enumerable.Range(0, count).Select(index => PathIndependence.Other(index, count))];

        Assert.Equal(count, others.Distinct().Count());
        Assert.All(others.Index(), pair => Assert.NotEqual(pair.Index, pair.Item));
    }

    [Fact]
    public void Agreement_counts_equal_decisions()
    {
        Assert.Equal(0.75, PathIndependence.Agreement([1, 2, 3, 4], [1, 2, 3, 5]));
        Assert.Equal(1, PathIndependence.Agreement([], []));
    }

    [Fact]
    public void Refuses_what_cannot_be_compared()
    {
        Assert.Throws<ArgumentException>(() => PathIndependence.Cosine([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => PathIndependence.Agreement([1], [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PathIndependence.Other(0, 1));
    }
}
