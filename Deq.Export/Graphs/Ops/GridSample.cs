using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>x <c>[B, C, H, W]</c> read bilinearly at the points of a grid <c>[B, h, w, 2]</c>, zero outside the image: <c>[B, C, h, w]</c>.</summary>
/// <remarks>
/// A point is (horizontal, vertical) in [−1, 1]. On a pixel centre the slope by the grid is that of the right or lower side, as in Torch.
/// </remarks>
/// <param name="alignCorners">Whether ±1 are the centres of the corner pixels; otherwise their outer edges.</param>
public sealed class GridSample(bool alignCorners) : Op
{
    /// <inheritdoc/>
    public override string Name => "GridSample";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        Shape grid = inputs[1];
        return x.Rank == 4 && grid.Rank == 4 && grid[0] == x[0] && grid[3] == 2
            ? new Shape(x[0], x[1], grid[1], grid[2])
            : throw Refuse(inputs, "x is [B, C, H, W] and the grid [B, h, w, 2].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => nn.functional.grid_sample(
        inputs[0],
        inputs[1],
        mode: GridSampleMode.Bilinear,
        padding_mode: GridSamplePaddingMode.Zeros,
        align_corners: alignCorners);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An extent other than the batch varies.</exception>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node x = y.Inputs[0];
        Node grid = y.Inputs[1];
        if (new Shape([.. x.Shape.Dims[1..], .. grid.Shape.Dims[1..]]).Count is null)
        {
            throw new NotSupportedException($"GridSample has no pull-back for {x.Shape} and {grid.Shape}: all but the batch must be known.");
        }

        return VectorJacobian.PullBack(Composed(x, grid), y.Inputs[input], u, leaves: [x, grid]);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "GridSample",
        inputs,
        ("mode", "linear"),
        ("padding_mode", "zeros"),
        ("align_corners", alignCorners ? 1 : 0));

    /// <summary>
    /// The same values out of smaller ops: every point weighs every row and every column by max(0, 1 − distance), which is bilinear
    /// interpolation with zeros outside. Dense, [B, C, H, h·w] numbers, but it has a pull-back and needs no gather.
    /// </summary>
    private Node Composed(Node x, Node grid)
    {
        Dim batch = x.Shape[0];
        int channels = x.Shape[1].Coefficient;
        int height = x.Shape[2].Coefficient;
        int width = x.Shape[3].Coefficient;
        Dim points = grid.Shape[1] * grid.Shape[2];
        Node flat = grid.Reshape(batch, points, 2);
        Node columns = Hats(flat.Slice(2, 0, 1), width).Transpose(0, 2, 1);
        Node rows = Hats(flat.Slice(2, 1, 1), height).Transpose(0, 2, 1).Reshape(batch, 1, height, points);
        Node alongRows = x.Reshape(batch, channels * height, width).MatMul(columns).Reshape(batch, channels, height, points);
        return (alongRows * rows).ReduceSum([2], keepDims: false).Reshape(batch, channels, grid.Shape[1], grid.Shape[2]);
    }

    /// <summary>Positions <c>[B, N, 1]</c> in [−1, 1] to weights <c>[B, N, extent]</c>.</summary>
    private Node Hats(Node position, int extent)
    {
        float half = (alignCorners ? extent - 1 : extent) / 2f;
        Node pixel = (position * half) + ((extent - 1) / 2f);
        var index = new Constant([.. Enumerable.Range(0, extent).Select(i => (float)i)], [1, 1, extent]);

        // The hat 1 − |d| as three ramps: at its kinks their slopes add up to the one on the right. Points further away than 2 have no
        // weight; held at 2, their ramps cancel to rounding error.
        Node distance = 2 - (4 - (pixel - index + 2).Relu()).Relu();
        return (1 - distance).Relu() - (2 * (-distance).Relu()) + (-distance - 1).Relu();
    }
}
