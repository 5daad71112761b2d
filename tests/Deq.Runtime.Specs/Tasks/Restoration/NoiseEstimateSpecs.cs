using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class NoiseEstimateSpecs
{
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    public void Finds_the_strength_of_noise_on_a_slope(double sigma)
    {
        var random = new Random(2);
        float[] picture = [.. Enumerable.Range(0, 64 * 64).Select(i => (float)((i % 64 / 64.0) + (sigma * Normal(random))))];

        Assert.InRange(NoiseEstimate.Of(picture, 64)!.Value, 0.9 * sigma, 1.1 * sigma);
    }

    [Fact]
    public void Is_unknown_of_a_picture_with_no_block_of_four_known_pixels()
    {
        Assert.Null(NoiseEstimate.Of([0.2f], 1));
        Assert.Null(NoiseEstimate.Of([0.1f, 0.9f, 0.4f, 0.2f], 2, [true, true, true, false]));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
