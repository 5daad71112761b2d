using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class MeasuredGridSpecs
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Scatters_by_the_transpose_of_what_it_gathers_by(int factor)
    {
        var random = new Random(factor);
        BlurKernel kernel = factor == 1 ? Kernel(random) : BlurKernel.Shrinking(factor);
        var grid = new MeasuredGrid(40, factor, 8, 8, 6, 7);
        float[] plane = Noise(random, 40 * 40), measured = Noise(random, 6 * 7), gathered = new float[6 * 7], scattered = new float[40 * 40];

        grid.Gather(plane, kernel.Taps, kernel.Size, gathered);
        grid.Scatter(measured, kernel.Taps, kernel.Size, 1, scattered);

        Assert.Equal(Product(gathered, measured), Product(plane, scattered), 4);
    }

    [Fact]
    public void Bounds_the_norm_of_shrinking()
    {
        var random = new Random(4);
        BlurKernel kernel = BlurKernel.Shrinking(2);
        var grid = new MeasuredGrid(40, 2, 8, 8, 10, 10);
        float[] plane = Noise(random, 40 * 40), gathered = new float[100];

        for (int i = 0; i < 30; i++)
        {
            grid.Gather(plane, kernel.Taps, kernel.Size, gathered);
            Array.Clear(plane);
            grid.Scatter(gathered, kernel.Taps, kernel.Size, 1, plane);
            float length = (float)Math.Sqrt(Product(plane, plane));
            plane = [.. plane.Select(value => value / length)];
        }

        grid.Gather(plane, kernel.Taps, kernel.Size, gathered);
        Assert.InRange(Product(gathered, gathered), 0.1, kernel.SquaredNormBound(2));
    }

    private static BlurKernel Kernel(Random random) =>
        BlurKernel.Of([.. Enumerable.Range(0, 15).Select(_ => random.NextSingle())], 3, 5, out _)!;

    private static float[] Noise(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];

    private static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
