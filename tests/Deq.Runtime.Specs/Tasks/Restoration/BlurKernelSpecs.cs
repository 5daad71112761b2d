using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class BlurKernelSpecs
{
    [Fact]
    public void Flips_a_point_spread_function_and_divides_it_by_its_sum()
    {
        BlurKernel kernel = BlurKernel.Of([2, 0, 0, 1, 1, 0, 0, 0, 0], 3, 3, out string? refusal)!;

        Assert.Null(refusal);
        Assert.Equal([0, 0, 0, 0, 0.25f, 0.25f, 0, 0, 0.5f], kernel.Taps);
    }

    [Theory]
    [InlineData(new float[] { 1, -1 }, "sums to 0")]
    [InlineData(new float[] { 0, 0 }, "sums to 0")]
    [InlineData(new float[] { 1, float.NaN }, "not finite")]
    public void Refuses_what_keeps_no_brightness_or_is_no_number(float[] weights, string expected)
    {
        Assert.Null(BlurKernel.Of(weights, 1, 2, out string? refusal));

        Assert.Contains(expected, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Shrinks_a_slope_to_the_means_of_its_blocks(int factor)
    {
        BlurKernel kernel = BlurKernel.Shrinking(factor);
        double centre = 0;
        for (int i = 0; i < kernel.Taps.Length; i++)
        {
            centre += kernel.Taps[i] * ((i % kernel.Size) - kernel.Radius);
        }

        Assert.Equal(1, kernel.Taps.Sum(), 4);
        Assert.Equal(((factor - 1) / 2.0) - ((factor - 1) / 2), centre, 4);
    }
}
