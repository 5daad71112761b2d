using Deq.Export.Graphs;
using Deq.Export.Graphs.Ops;
using static Deq.Export.Graphs.WeightStart;

namespace Deq.Export.Specs.Graphs;

/// <summary>Every op in the settings that could break it: odd sizes, strides, groups, padding, broadcasting, extents that vary.</summary>
/// <remarks>Named extents: B is 1 or 3, H is 6 and W is 9. What is an input is differentiated by; what is a weight is not.</remarks>
internal static class OpCatalogue
{
    public static IReadOnlyList<OpSample> All { get; } =
    [
        new("Add, same shape", () => X("B", 3, 4) + Y("B", 3, 4)),
        new("Add, both broadcast", () => X("B", 1, 4) + Y(3, 1)),
        new("Subtract, broadcast batch", () => X(3, 4) - Y("B", 3, 4)),
        new("Multiply, same node twice", () => Twice(X("B", 5))),
        new("Multiply, channels", () => X("B", 3, "H", "W") * Y(3, 1, 1)),
        new("Divide, broadcast", () => X("B", 1, 4) / Y("B", 3, 1)) { Lowest = 0.5 },
        new("Scalars on both sides", () => Scalars(X("B", 4))),
        new("Negate", () => -X("B", 4)),
        new("Relu", () => X("B", 3, 5).Relu()),
        new("Tanh", () => X("B", 3, 5).Tanh()),
        new("Sigmoid", () => X("B", 3, 5).Sigmoid()),
        new("Softplus", () => X("B", 3, 5).Softplus()) { Lowest = -12, Highest = 12 },
        new("Exp", () => X("B", 3, 5).Exp()),
        new("Log", () => X("B", 3, 5).Log()) { Lowest = 0.2 },
        new("Sqrt", () => X("B", 3, 5).Sqrt()) { Lowest = 0.2 },
        new("Abs", () => X("B", 3, 5).Abs()),
        new("Sign", () => X("B", 3, 5).Sign()),
        new("Softmax, last axis", () => X("B", 3, 5).Softmax(2)),
        new("Softmax, channels", () => X("B", 3, "H", "W").Softmax(1)),
        new("MatMul, matrix", () => X("B", 5).MatMul(Y(5, 4))),
        new("MatMul, batched on both sides", () => X("B", 3, 4, 5).MatMul(Y(3, 5, 2))),
        new("MatMul, batched on the right", () => X(4, 5).MatMul(Y("B", 5, 3))),
        new("Conv, 3 × 3", () => X("B", 3, 5, 7).Conv(W(4, 3, 3, 3), Y(4))),
        new("Conv, any size", () => X("B", 3, "H", "W").Conv(W(4, 3, 3, 3))),
        new("Conv, 1 × 1", () => X("B", 6, 5, 7).Conv(W(4, 6, 1, 1), padding: 0)),
        new("Conv, stride leaves nothing over", () => X("B", 3, 7, 9).Conv(W(4, 3, 3, 3), stride: 2)),
        new("Conv, stride leaves a row over", () => X("B", 3, 8, 7).Conv(W(4, 3, 3, 3), stride: 2)),
        new("Conv, stride 2 of a multiple", () => X("B", 2, "H", "W").ResizeNearest(2).Conv(W(4, 2, 3, 3), stride: 2)),
        new("Conv, groups", () => X("B", 4, 5, 7).Conv(W(6, 2, 3, 3), Y(6), groups: 2)),
        new("Conv, each channel by itself", () => X("B", 4, 6, 5).Conv(W(4, 1, 5, 5), padding: 2, groups: 4)),
        new("ConvTranspose, stride 3, groups", () => new Apply(
            new ConvTranspose(3, 1, 2, 2, 0), [X("B", 4, 3, 5), W(4, 3, 3, 3)])),
        new("GroupNorm", () => X("B", 6, 5, 7).GroupNorm(3, Y(6), Z(6))),
        new("GroupNorm, any size", () => X("B", 6, "H", "W").GroupNorm(2, Y(6), Z(6))),
        new("GroupNorm, one group", () => X("B", 4, 3, 3).GroupNorm(1, Y(4), Z(4))),
        new("GroupNorm, vectors", () => X("B", 12).GroupNorm(3, Y(12), Z(12))),
        new("InstanceNorm", () => X("B", 3, 5, 7).InstanceNorm(Y(3), Z(3))),
        new("LayerNorm", () => X("B", 4, 7).LayerNorm(Y(7), Z(7))),
        new("Reshape, flatten", () => X("B", 3, 4, 5).Reshape("B", 60)),
        new("Reshape, unflatten", () => X("B", 60).Reshape("B", 3, 4, 5)),
        new("Reshape, any size", () => X("B", 3, "H", "W").Reshape("B", 3, (Dim)"H" * "W")),
        new("ReshapeLike", () => X("B", 3, (Dim)"H" * "W").ReshapeLike(Y("B", 3, "H", "W"))),
        new("Transpose", () => X("B", 3, "H", 5).Transpose(2, 0, 3, 1)),
        new("Slice, middle", () => X("B", 7, 3).Slice(1, 2, 4)),
        new("Slice, all", () => X("B", 7, 3).Slice(1, 0, 7)),
        new("Pad", () => new Apply(new Pad(1, 2, 1), [X("B", 3, 4)])),
        new("Shift, up", () => X("B", 4, 3).Shift(1, 2)),
        new("Shift, down along any size", () => X("B", 2, "H", "W").Shift(3, -1)),
        new("Shift, all the way out", () => X("B", 3, 2).Shift(1, -5)),
        new("Concat, three", () => X("B", 3, "H", 2).Concat(1, Y("B", 1, "H", 2), Z("B", 2, "H", 2))),
        new("ResizeNearest", () => X("B", 3, "H", "W").ResizeNearest(3)),
        new("ResizeBilinear, twice", () => X("B", 3, 3, 5).ResizeBilinear(2)),
        new("ResizeBilinear, thrice", () => X("B", 2, 1, 4).ResizeBilinear(3)),
        new("ResizeBilinear, by four thirds", () => X("B", 2, 3, 6).ResizeBilinear(4, 3)),
        new("ResizeBilinear, by five thirds, which rounds down", () => X("B", 1, 3, 9).ResizeBilinear(5, 3)),
        new("ResizeBilinear, by three quarters", () => X("B", 2, 8, 4).ResizeBilinear(3, 4)),
        new("AveragePool, tiles", () => X("B", 3, 6, 9).AveragePool(3, 3)),
        new("AveragePool, overlapping", () => X("B", 3, 6, 9).AveragePool(3, 2, 1)),
        new("AveragePool, leaves rows over", () => X("B", 3, 7, 8).AveragePool(2, 2)),
        new("GlobalAveragePool", () => X("B", 3, 5, 7).GlobalAveragePool()),
        new("GlobalAveragePool, any size", () => X("B", 3, "H", "W").GlobalAveragePool()),
        new("ReduceSum, kept", () => X("B", 3, "H", 5).ReduceSum([1, 3], keepDims: true)),
        new("ReduceSum, dropped", () => X("B", 3, 5).ReduceSum([1, 2], keepDims: false)),
        new("ReduceSum, batch", () => X("B", 3).ReduceSum([0], keepDims: false)),
        new("ReduceMean, any size", () => X("B", 3, "H", "W").ReduceMean([2, 3], keepDims: true)),
        new("ReduceMean, dropped", () => X("B", 3, 5).ReduceMean([1], keepDims: false)),
        new("ExpandLike", () => X(3, 1).ExpandLike(Y("B", 3, "W"))),
        new("GridSample, edges", () => X("B", 3, 5, 7).GridSample(Y("B", 4, 3, 2))) { Lowest = -1.3, Highest = 1.3 },
        new("GridSample, corners", () => X("B", 2, 4, 6).GridSample(Y("B", 3, 5, 2), alignCorners: true)) { Lowest = -1.3, Highest = 1.3 },
        new("GridSample, by itself", () => SampledByItself(X("B", 2, 4, 6))) { Lowest = -1.3, Highest = 1.3 },
        new("DepthToSpace", () => X("B", 8, "H", "W").DepthToSpace(2)),
        new("SpaceToDepth", () => X("B", 2, "H", "W").ResizeNearest(3).SpaceToDepth(3)),
        new("WindowCorrelation", () => X("B", 3, 4, 5).WindowCorrelation(Y("B", 3, 4, 5), 1)),
        new("WindowCorrelation, window larger than the image", () => X("B", 2, 3, 2).WindowCorrelation(Y("B", 2, 3, 2), 3)),
        new("WindowCorrelation, coarse cells", () => X("B", 2, 6, 4).WindowCorrelation(Y("B", 2, 3, 2), 2)),
        new("A cell, the same weights twice", () => Unrolled(X("B", 4, 5, 5), Y("B", 4, 5, 5))),
    ];

    private static Input X(params Dim[] shape) => new("x", shape);

    private static Input Y(params Dim[] shape) => new("y", shape);

    private static Input Z(params Dim[] shape) => new("z", shape);

    private static Weight W(params int[] shape) => new("sample.weight", shape, FanIn);

    private static Node Twice(Node x) => x * x;

    private static Node Scalars(Node x) => 3 - (2 * x / 5) + (1 / x.Exp()) - 1;

    private static Node SampledByItself(Node x) => x.GridSample(x.Transpose(0, 2, 3, 1).Tanh());

    private static Node Unrolled(Node z, Node x)
    {
        Weight weight = W(4, 4, 3, 3);
        var scale = new Weight("norm.scale", [4], Normal(1));
        var shift = new Weight("norm.shift", [4], Normal(1));
        for (int i = 0; i < 2; i++)
        {
            z = (z.Conv(weight) + x).Relu().GroupNorm(2, scale, shift) + z;
        }

        return z;
    }
}
