using Deq.Export.Graphs.Onnx;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// Each pixel's own window <c>[B, H, W, K, K]</c> read bilinearly on a square of (2·radius + 1)² points, one cell apart, about a place that is
/// displaced from the window's middle by <c>[B, 2, H, W]</c> cells (right, down): <c>[B, (2·radius + 1)², H, W]</c>. Outside the window is 0, and so must
/// be its rim, as <see cref="WindowCorrelation"/> gives it.
/// </summary>
/// <remarks>
/// In ONNX each window's points are one region of interest with one sample per bin. The two operators interpolate alike up to the rim, beyond which
/// one is 0 and the other the rim. RoiAlign shares regions out among threads, GridSample channels alone, of which there is one: on one thread
/// RoiAlign takes 1.2 times as long, on two 0.6 times.
/// At whole displacements the slope is that of the right or lower side, as in Torch.
/// </remarks>
/// <param name="radius">Points to each side, at least 0.</param>
internal sealed class WindowSample(int radius) : Op
{
    private readonly int _points = (2 * radius) + 1;
    private readonly HeldTensor _square = new(Square(radius), [1, (2 * radius) + 1, (2 * radius) + 1, 2]);

    /// <inheritdoc/>
    public override string Name => "WindowSample";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape window = inputs[0];
        Shape place = inputs[1];
        return radius >= 0 && window.Rank == 5 && window[3] == window[4] && window[3].Known is { } extent && extent >= 3 && extent % 2 == 1
            && place.Equals(new Shape(window[0], 2, window[1], window[2]))
            ? new Shape(window[0], _points * _points, window[1], window[2])
            : throw Refuse(inputs, "they are [B, H, W, K, K], K odd and at least 3, and [B, 2, H, W].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor window, Tensor place) = (inputs[0], inputs[1]);
        long[] s = window.shape;
        Tensor grid = place.permute(0, 2, 3, 1).reshape(-1, 1, 1, 2).Plus(_square.Like(place)).Times(2.0 / (s[3] - 1));
        return nn.functional.grid_sample(
                window.reshape(-1, 1, s[3], s[4]),
                grid,
                mode: GridSampleMode.Bilinear,
                padding_mode: GridSamplePaddingMode.Zeros,
                align_corners: true)
            .reshape(s[0], s[1], s[2], _points * _points)
            .permute(0, 3, 1, 2)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) =>
        VectorJacobian.PullBack(Composed(y.Inputs[0], y.Inputs[1]), y.Inputs[input], u, leaves: [y.Inputs[0], y.Inputs[1]]);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        int extent = y.Inputs[0].Shape[3].Coefficient;
        string windows = scope.Add("Reshape", [inputs[0], scope.Integers(-1, 1, extent, extent)]);
        string last = scope.Add("Transpose", [inputs[1]], ("perm", new long[] { 0, 2, 3, 1 }));
        string places = Held(scope, scope.Add("Reshape", [last, scope.Integers(-1, 2)]), 2f * extent);

        // Corners (left, top, right, bottom) of squares as wide as there are points: the middles of their bins are the points.
        float first = (extent / 2) - radius;
        string corners = scope.Add("Gemm", [
            places,
            scope.Floats("spread", [1, 0, 1, 0, 0, 1, 0, 1], 2, 4),
            scope.Floats("corners", [first, first, first + _points, first + _points], 4)]);
        string count = scope.Add("Squeeze", [scope.Add("Shape", [places], ("start", 0), ("end", 1))]);
        string each = scope.Add("Range", [scope.Add("Squeeze", [scope.Integers(0)]), count, scope.Add("Squeeze", [scope.Integers(1)])]);
        string read = scope.Add(
            "RoiAlign", [windows, corners, each], ("output_height", _points), ("output_width", _points), ("sampling_ratio", 1), ("spatial_scale", 1f));
        string size = scope.Add("Shape", [inputs[0]], ("start", 0), ("end", 3));
        string shape = scope.Add("Concat", [size, scope.Integers(_points * _points)], ("axis", 0));
        return scope.Add("Transpose", [scope.Add("Reshape", [read, shape])], ("perm", new long[] { 0, 3, 1, 2 }));
    }

    /// <summary>
    /// Places within bounds far outside the window, where all is 0, and numbers: RoiAlign follows others out of its memory. A state that is no number
    /// stays so by itself, since its flow is added to what is read.
    /// </summary>
    private static string Held(OnnxScope scope, string places, float bound)
    {
        string far = scope.Repeated(bound, 1);
        string numbers = scope.Add("Where", [scope.Add("IsNaN", [places]), far, places]);
        return scope.Add("Max", [scope.Add("Min", [numbers, far]), scope.Repeated(-bound, 1)]);
    }

    /// <summary>The square's points, (right, down), row by row.</summary>
    private static float[] Square(int radius) =>
    [
        .. from down in Enumerable.Range(-radius, (2 * radius) + 1)
           from right in Enumerable.Range(-radius, (2 * radius) + 1)
           from coordinate in (float[])[right, down]
           select coordinate,
    ];

    /// <summary>The same numbers out of smaller ops: rows and columns of weights max(0, 1 − distance) on both sides of each window.</summary>
    private Node Composed(Node window, Node place)
    {
        (Dim batch, Dim height, Dim width) = (window.Shape[0], window.Shape[1], window.Shape[2]);
        int extent = window.Shape[3].Coefficient;
        Node last = place.Transpose(0, 2, 3, 1);
        Node columns = Hats(last.Slice(3, 0, 1).Reshape(batch, height, width, 1, 1), extent).Transpose(0, 1, 2, 4, 3);
        Node rows = Hats(last.Slice(3, 1, 1).Reshape(batch, height, width, 1, 1), extent);
        return rows.MatMul(window).MatMul(columns).Reshape(batch, height, width, _points * _points).Transpose(0, 3, 1, 2);
    }

    /// <summary>A displacement <c>[B, H, W, 1, 1]</c> to weights <c>[B, H, W, points, extent]</c>.</summary>
    private Node Hats(Node displacement, int extent)
    {
        var points = new Constant([.. Enumerable.Range(-radius, _points).Select(i => (float)i)], [_points, 1]);
        var cells = new Constant([.. Enumerable.Range(-(extent / 2), extent).Select(i => (float)i)], [1, extent]);

        // As in GridSample: three ramps, whose slopes at a kink add up to the one on the right, held where there is no weight.
        Node distance = 2 - (4 - (displacement + points - cells + 2).Relu()).Relu();
        return (1 - distance).Relu() - (2 * (-distance).Relu()) + (-distance - 1).Relu();
    }
}
