using Deq.Runtime.Implicit;

namespace Deq.Runtime.Specs.Implicit;

public sealed class ChannelScaleSpecs
{
    private static readonly ChannelScale s_scale = new([0.5, 0.25], [0.5, 0.125]);

    [Fact]
    public void Normalises_each_channel_by_its_own_numbers()
    {
        float[] input = new float[4];

        s_scale.Enter([1, 0, 0.5f, 0.25f], input);

        Assert.Equal([1f, -1f, 2f, 0f], input);
    }

    [Fact]
    public void Comes_back_to_the_values()
    {
        float[] numbers = [0.1f, 0.9f, 0.3f, 0.7f];
        float[] values = [.. numbers];

        s_scale.Enter(numbers, values);
        s_scale.Leave(values);

        Assert.All(numbers.Zip(values), pair => Assert.Equal(pair.First, pair.Second, tolerance: 1e-6));
    }

    [Fact]
    public void Divides_gradients_by_the_deviation()
    {
        float[] gradient = [1, 2, 1, 2];

        s_scale.PullBack(gradient);

        Assert.Equal([2f, 4f, 8f, 16f], gradient);
    }

    [Fact]
    public void Refuses_channels_without_their_numbers() => Assert.Throws<ArgumentException>(() => new ChannelScale([0], [1, 1]));
}
