using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class SeparableTapsSpecs
{
    [Fact]
    public void Are_found_where_the_kernel_is_a_column_times_a_row()
    {
        float[] column = [0.1f, -0.4f, 0.7f], row = [0.3f, 0, 0.6f];

        Assert.True(Find([.. column.SelectMany(down => row.Select(across => down * across))], out float[] product));

        Assert.All(product.Zip(column.SelectMany(down => row.Select(across => down * across))), pair => Assert.Equal(pair.Second, pair.First, 1e-7f));
    }

    public static TheoryData<float[]> Others =>
    [
        new float[] { 1, 0, 0, 0, 1, 0, 0, 0, 1 },
        new float[] { 0.1f, 0.2f, 0.1f, 0.2f, 0.4f, 0.2f, 0.1f, 0.2f, 0.1001f },
        new float[] { 0, 0, 0, 0, 0, 0, 0, 0, 0 },
        new float[] { float.NaN, 0, 0, 0, 1, 0, 0, 0, 0 },
    ];

    [Theory]
    [MemberData(nameof(Others))]
    public void Are_not_found_elsewhere(float[] taps) => Assert.False(Find(taps, out _));

    [Fact]
    public void Are_found_of_a_line_and_of_one_pixel()
    {
        Assert.True(Find([0, 0, 0, 0.2f, 0.5f, 0.3f, 0, 0, 0], out _));
        Assert.True(Find([1], out _));
    }

    private static bool Find(float[] taps, out float[] product)
    {
        int size = (int)Math.Sqrt(taps.Length);
        float[] down = new float[BlurKernel.MostSize], across = new float[BlurKernel.MostSize];
        bool isFound = SeparableTaps.Find(taps, size, down, across);
        product = [.. Enumerable.Range(0, taps.Length).Select(tap => down[tap / size] * across[tap % size])];
        return isFound;
    }
}
