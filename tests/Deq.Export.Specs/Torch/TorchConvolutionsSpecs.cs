using Deq.Export.Graphs;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Torch;

/// <summary>Channels that fill no block of a vectorised kernel, in memory that held no numbers before.</summary>
public sealed class TorchConvolutionsSpecs
{
    [Theory]
    [InlineData(6, 50, 64)]
    [InlineData(6, 64, 2)]
    [InlineData(8, 10, 4)]
    [InlineData(16, 24, 24)]
    [InlineData(16, 1, 24)]
    public void Are_right_forwards_and_backwards_over_any_number_of_channels(int rows, int channels, int outputs)
    {
        var x = new Input("x", "B", channels, 16, 24);
        var weight = new Weight("weight", [outputs, channels, 3, 3], WeightStart.FanIn);
        var bias = new Weight("bias", [outputs], WeightStart.Zeros);
        var evaluator = new TorchEvaluator(new Graph("part", [x], [("y", x.Conv(weight, bias))]));
        for (int trial = 0; trial < 3; trial++)
        {
            using IDisposable scope = NewDisposeScope();
            LeaveNoNumbers(rows * 16 * 24, 16 + trial, 64 + trial, 256 + trial);
            Tensor[] given = [randn([rows, channels, 16, 24]), randn([outputs, channels, 3, 3]) / Math.Sqrt(9 * channels), randn([outputs])];
            Tensor cotangent = randn([rows, outputs, 16, 24]);

            Tensor[] single = Computed(evaluator, given, cotangent, ScalarType.Float32);

            Tensor[] twice = Computed(evaluator, given, cotangent, ScalarType.Float64);
            Assert.All(single.Zip(twice), pair => Assert.True(Distance(pair.First, pair.Second) < 1e-4, $"{Distance(pair.First, pair.Second)}"));
        }
    }

    /// <summary>The output, then the gradients of all three arguments.</summary>
    private static Tensor[] Computed(TorchEvaluator evaluator, Tensor[] given, Tensor cotangent, ScalarType type)
    {
        Tensor[] arguments = [.. given.Select(tensor => tensor.to(type, copy: true).requires_grad_(true))];
        Tensor y = evaluator.Run([arguments[0]], arguments[1..])[0];
        y.backward([cotangent.to(type)]);
        return [y.detach(), .. arguments.Select(argument => argument.grad!)];
    }

    /// <summary>Relative to the largest entry; not a number when an entry is none.</summary>
    private static double Distance(Tensor given, Tensor expected) =>
        ((given.to(ScalarType.Float64) - expected).abs().max() / expected.abs().max()).item<double>();

    private static void LeaveNoNumbers(int size, params int[] channels)
    {
        using IDisposable scope = NewDisposeScope();
        Array.ForEach(channels, count => full([size, count], float.NaN));
    }
}
