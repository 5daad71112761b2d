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

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void Sums_the_pixels_of_each_window_by_its_taps(int factor, bool isSeparable)
    {
        var random = new Random(factor);
        BlurKernel kernel = isSeparable ? BlurKernel.Shrinking(2) : Kernel(random);
        var grid = new MeasuredGrid(44, factor, 8, 9, 5, 7);
        float[] plane = Noise(random, 44 * 44), gathered = new float[5 * 7];

        grid.Gather(plane, kernel.Taps, kernel.Size, gathered);

        Assert.Equal(isSeparable, SeparableTaps.Find(kernel.Taps, kernel.Size, new float[BlurKernel.MostSize], new float[BlurKernel.MostSize]));
        for (int i = 0; i < gathered.Length; i++)
        {
            (int top, int left) = (8 + (factor * (i / 7)) - kernel.Radius, 9 + (factor * (i % 7)) - kernel.Radius);
            double sum = Enumerable.Range(0, kernel.Taps.Length).Sum(tap => (double)kernel.Taps[tap] * plane[((top + (tap / kernel.Size)) * 44) + left + (tap % kernel.Size)]);
            Assert.Equal(sum, gathered[i], 5);
        }
    }

    [Fact]
    public void Allocates_nothing_once_it_has_warmed_up()
    {
        BlurKernel kernel = BlurKernel.Shrinking(2);
        var grid = new MeasuredGrid(40, 2, 8, 8, 10, 10);
        float[] plane = new float[40 * 40], gathered = new float[100];
        Both();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Both();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Both()
        {
            grid.Gather(plane, kernel.Taps, kernel.Size, gathered);
            grid.Scatter(gathered, kernel.Taps, kernel.Size, 1, plane);
        }
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
