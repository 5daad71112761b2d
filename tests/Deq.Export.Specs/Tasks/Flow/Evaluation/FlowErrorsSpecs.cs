using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Specs.Tasks.Flow.Evaluation;

public sealed class FlowErrorsSpecs
{
    [Fact]
    public void Are_means_and_shares_over_known_pixels()
    {
        var truth = new FlowField(5, 1, [0, 100, 10, 0, 0], [0, 0, 0, 0, 9], [true, true, true, true, false]);
        var estimate = new FlowField(5, 1, [0, 104, 14, 1.5f, 0], [0, 0, 0, 2, 0]);

        FlowErrors errors = FlowErrors.Measure(truth, estimate);

        Assert.Equal(4, errors.Pixels);
        Assert.Equal((0 + 4 + 4 + 2.5) / 4, errors.EndpointError, 6);
        Assert.Equal(0.25, errors.Outliers);
        Assert.Equal((0.75, 0.5, 0), (errors.Above1, errors.Above3, errors.Above5));
    }

    [Fact]
    public void Are_told_apart_by_whether_a_pixel_is_occluded()
    {
        var image = new DecodedImage(2, 1, new byte[8]);
        var pair = new FlowPair("pair", image, image, new FlowField(2, 1, [3, 8], [4, 6]), [false, true]);

        var result = FlowResult.Of(pair, "zero flow", new ZeroFlow().Estimate(image, image));

        Assert.Equal((7.5, 5.0, 10.0), (result.All.EndpointError, result.Visible!.EndpointError, result.Occluded!.EndpointError));
    }

    [Fact]
    public void Are_averaged_over_pairs_that_have_them()
    {
        FlowResult Line(string pair, double error, bool masked) => new(
            pair, "a", new FlowErrors(1, error, 0, 0, 0, 0), masked ? new FlowErrors(1, 2, 0, 0, 0, 0) : null, masked ? new FlowErrors(0, double.NaN, 0, 0, 0, 0) : null);

        FlowResult mean = Assert.Single(FlowComparison.Means([Line("one", 1, true), Line("two", 3, false)]));

        Assert.Equal((2.0, 2.0), (mean.All.EndpointError, mean.Visible!.EndpointError));
        Assert.True(double.IsNaN(mean.Occluded!.EndpointError));
        Assert.Contains("| **mean** | a | 2.000 | 2.000 | – | 0.0 % |", FlowComparison.Markdown([Line("one", 1, true), Line("two", 3, false)]));
    }

    [Fact]
    public void Are_refused_for_fields_of_two_sizes()
    {
        Assert.Contains("2 x 1 pixels; the truth has 1 x 2", Assert.Throws<ArgumentException>(
            () => FlowErrors.Measure(new FlowField(1, 2, [0, 0], [0, 0]), new FlowField(2, 1, [0, 0], [0, 0]))).Message);
    }

    [Fact]
    public void Of_the_classical_baseline_are_small_on_a_texture_that_only_shifts()
    {
        var truth = new FlowField(96, 64, [.. Enumerable.Repeat(3f, 96 * 64)], [.. Enumerable.Repeat(-2f, 96 * 64)]);

        FlowField estimate = new FarnebackFlow().Estimate(Waves(0, 0), Waves(3, -2));

        FlowErrors inner = FlowErrors.Measure(truth, estimate, pixel => pixel / 96 is > 10 and < 54 && pixel % 96 is > 10 and < 86);
        Assert.True(inner.EndpointError < 0.2, $"{inner.EndpointError}");
    }

    private static DecodedImage Waves(int right, int down)
    {
        byte[] pixels = new byte[4 * 96 * 64];
        for (int pixel = 0; pixel < 96 * 64; pixel++)
        {
            (double x, double y) = ((pixel % 96) - right, (pixel / 96) - down);
            double wave = Math.Sin(x / 3.1) + Math.Sin(y / 2.7) + Math.Sin((x + (2 * y)) / 7.3) + Math.Sin((x - y) / 11);
            pixels.AsSpan(4 * pixel, 3).Fill((byte)(128 + (28 * wave)));
            pixels[(4 * pixel) + 3] = 255;
        }

        return new DecodedImage(96, 64, pixels);
    }
}
