using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

/// <summary>Pixels of halved frames in cells.</summary>
public sealed class FlowStateLayoutSpecs
{
    [Theory]
    [InlineData(2.75)]
    [InlineData(4)]
    [InlineData(1)]
    public void Places_the_middle_of_a_halved_pixel_in_the_cell_that_holds_it(double stride)
    {
        const int Cells = 1000;

        for (int half = 0; half < 400; half++)
        {
            int cell = FlowStateLayout.CellOf(half, stride, Cells);

            Assert.InRange((2 * half) + 1, cell * stride, (cell + 1) * stride);
        }
    }

    [Fact]
    public void Places_pixels_beyond_the_last_cell_in_it() => Assert.Equal(9, FlowStateLayout.CellOf(100, 4, 10));

    [Fact]
    public void Is_the_same_for_the_fit_of_a_motion_and_for_its_prediction()
    {
        // Every other cell moves by one pixel; only the right cells make the pictures agree.
        const double Stride = 2.75;
        var layout = new FlowStateLayout(0, 8, 32);
        var grid = new CellGrid(Halved((_, _) => 0), layout, Stride);
        float[] state = new float[layout.Length];
        for (int cell = 0; cell < layout.Cells; cell++)
        {
            state[cell] = cell % 2 == 0 ? 0 : (float)(2 / Stride);
        }

        HalvedFrame first = Halved((x, y) => 40 + (17 * x % 150));
        HalvedFrame second = Halved((x, y) => (byte)(5 * x));
        double expected = 0;
        int counted = 0;
        for (int y = 0; y < first.Height; y++)
        {
            for (int x = 0; x < first.Width; x++)
            {
                float right = x + (state[grid.CellOf(x, y)] * grid.HalvesPerCell);
                expected += second.Holds(right, y) ? Math.Min(30, Math.Abs(first.At(x, y)[HalvedFrame.Grey] - second.Between(right, y)[HalvedFrame.Grey])) : 0;
                counted += second.Holds(right, y) ? 1 : 0;
            }
        }

        double along = MotionFit.Of(first, second, state, layout, Stride).Along;

        Assert.Equal(expected / (255.0 * counted), along, 1e-6);
    }

    private static HalvedFrame Halved(Func<int, int, int> grey) => HalvedFrame.Of(
        new DecodedImage(88, 22, [.. Enumerable.Range(0, 4 * 88 * 22).Select(i => (byte)grey(i / 4 % 88 / 2, i / 4 / 88 / 2))]));
}
