using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FramePairSpecs
{
    private static readonly ImageInput Input = new TinyFlowBundle().Manifest().Input;

    [Theory]
    [InlineData(16, 32, null, 0, 0)]
    [InlineData(17, 31, null, 0, 0)]
    [InlineData(40, 9, "end", 0, 0)]
    [InlineData(16, 32, "centre", 0, 0)]
    [InlineData(17, 31, "centre", 7, 0)]
    [InlineData(40, 9, "centre", 4, 3)]
    public void Is_normalised_and_padded_by_its_outermost_rows_and_columns(int height, int width, string? padding, int top, int left)
    {
        ImageInput input = Input with { Sizes = Input.Sizes! with { Padding = padding } };
        (DecodedImage first, DecodedImage second) = (Noise(width, height, 1), Noise(width, height, 2));
        ShapeKey shape = Input.Sizes!.ShapeOf(height, width);
        float[] tensor = new float[6 * shape.Height * shape.Width];

        FramePair.Fill(first, second, input, tensor);

        Assert.Equal((0, 0), (shape.Height % 16, shape.Width % 16));
        for (int i = 0; i < tensor.Length; i++)
        {
            (int plane, int row, int column) = (i / (shape.Height * shape.Width), i / shape.Width % shape.Height, i % shape.Width);
            int pixel = (Math.Clamp(row - top, 0, height - 1) * width) + Math.Clamp(column - left, 0, width - 1);
            byte value = (plane < 3 ? first : second).Pixels[(4 * pixel) + (plane % 3)];
            Assert.Equal((value / 127.5) - 1, tensor[i], 1e-6);
        }
    }

    [Fact]
    public void Is_refused_with_both_sizes_when_they_differ_and_with_the_limit_when_it_is_passed()
    {
        Assert.Contains("40 x 30 and 30 x 40", FramePair.Refusal(40, 30, 30, 40, Input), StringComparison.Ordinal);
        Assert.Contains("at least 8 pixels", FramePair.Refusal(7, 30, 7, 30, Input), StringComparison.Ordinal);
        Assert.Contains("become 304 x 304", FramePair.Refusal(300, 300, 300, 300, Input), StringComparison.Ordinal);
        Assert.Contains("at most 65536 pixels", FramePair.Refusal(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, Input), StringComparison.Ordinal);
        Assert.Null(FramePair.Refusal(256, 256, 256, 256, Input));
    }

    [Fact]
    public void Has_an_estimate_of_its_own_size_without_the_padding()
    {
        float[] output = [.. Enumerable.Range(0, 2 * 32 * 48).Select(i => (float)i)];

        FlowField flow = EstimatedFlow.Read(output, 33, 20, Input.Sizes!)!;

        Assert.Equal((33, 20), (flow.Width, flow.Height));
        Assert.Equal((19 * 48) + 32, flow.U[(19 * 33) + 32]);
        Assert.Equal((32 * 48) + 48 + 5, flow.V[33 + 5]);
    }

    [Fact]
    public void Has_an_estimate_cut_out_of_the_middle_where_the_padding_is_centred()
    {
        float[] output = [.. Enumerable.Range(0, 2 * 32 * 48).Select(i => (float)i)];

        FlowField flow = EstimatedFlow.Read(output, 33, 20, Input.Sizes! with { Padding = FrameSizes.Centre })!;

        Assert.Equal((6 * 48) + 7, flow.U[0]);
        Assert.Equal((25 * 48) + 39, flow.U[(19 * 33) + 32]);
        Assert.Equal((32 * 48) + (7 * 48) + 7 + 5, flow.V[33 + 5]);
    }

    [Fact]
    public void Has_no_estimate_when_a_number_that_counts_is_not_finite()
    {
        float[] output = new float[2 * 16 * 16];
        output[(16 * 16) + 15] = float.NaN;

        Assert.NotNull(EstimatedFlow.Read(output, 15, 16, Input.Sizes!));
        Assert.Null(EstimatedFlow.Read(output, 16, 16, Input.Sizes!));
    }

    private static DecodedImage Noise(int width, int height, int seed)
    {
        byte[] pixels = new byte[4 * width * height];
        new Random(seed).NextBytes(pixels);
        for (int alpha = 3; alpha < pixels.Length; alpha += 4)
        {
            pixels[alpha] = 255;
        }

        return new DecodedImage(width, height, pixels);
    }
}
