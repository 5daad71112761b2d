using Deq.Export.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// A windowed cost volume: features a <c>[B, C, s·H, s·W]</c> against features b <c>[B, C, H, W]</c> in the (2·radius + 1)² cells around each
/// one's own: <c>[B, s·H, s·W, 2·radius + 1, 2·radius + 1]</c>, rows of the window before columns.
/// </summary>
/// <remarks>
/// The cell of a's pixel (x, y) is (⌊x/s⌋, ⌊y/s⌋); products with cells outside b are 0. Memory is linear in pixels. One row of the window at a time is a
/// product of whole rows of pixels, of which the band around the diagonal is kept: read with rows one number longer, the band is a rectangle.
/// </remarks>
/// <param name="radius">Cells to each side, at least 1.</param>
public sealed class WindowCorrelation(int radius) : Op
{
    private const long MostProducts = 1 << 24;
    private readonly int _extent = (2 * radius) + 1;

    /// <inheritdoc/>
    public override string Name => "WindowCorrelation";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape a = inputs[0];
        Shape b = inputs[1];
        return radius >= 1 && a.Rank == 4 && b.Rank == 4 && a[0] == b[0] && a[1] == b[1] && Scale(a, b) > 0
            ? new Shape(a[0], a[2], a[3], _extent, _extent)
            : throw Refuse(inputs, "they are [B, C, s·H, s·W] and [B, C, H, W].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor a, Tensor b) = (inputs[0], inputs[1]);
        (long batch, long channels, long height, long width) = (b.shape[0], b.shape[1], b.shape[2], b.shape[3]);
        long scale = a.shape[2] / height;
        long phases = scale * scale;
        Tensor queries = a.reshape(batch, channels, height, scale, width, scale).permute(0, 2, 4, 3, 5, 1)
            .reshape(batch, height, width * phases, channels);
        Tensor padded = nn.functional.pad(b, [radius, radius, radius, radius]);

        // As many rows at once as keep the products of whole rows within bounds: memory stays linear in pixels.
        long perRow = batch * width * phases * _extent * (width + (2 * radius));
        long rows = Math.Clamp(MostProducts / perRow, 1, height);
        Tensor[] bands =
        [
            .. from first in Enumerable.Range(0, (int)((height + rows - 1) / rows)).Select(part => part * rows)
               let count = Math.Min(rows, height - first)
               select Band(queries.narrow(1, first, count), padded.narrow(2, first, count + (2 * radius)), phases),
        ];
        return (bands.Length == 1 ? bands[0] : cat(bands, 1))
            .reshape(batch, height, width, scale, scale, _extent * _extent)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(batch, height * scale, width * scale, _extent, _extent)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Queries <c>[B, h, W·s², C]</c> against their own rows of b, <c>[B, C, h + 2·radius, W + 2·radius]</c>: <c>[B, h, W, s², K·K]</c>.</summary>
    private Tensor Band(Tensor queries, Tensor padded, long phases)
    {
        (long batch, long height, long wide) = (queries.shape[0], queries.shape[1], padded.shape[3]);
        long width = wide - (2 * radius);
        Tensor keys = padded.unfold(2, _extent, 1).permute(0, 2, 1, 4, 3).reshape(batch, height, queries.shape[3], _extent * wide);
        Tensor products = queries.matmul(keys);
        long row = phases * _extent * wide;
        return products
            .as_strided(
                [batch, height, width, phases, _extent, _extent],
                [height * width * row, width * row, row + 1, _extent * wide, wide, 1])
            .reshape(batch, height, width, phases, _extent * _extent);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Height or width varies.</exception>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node a = y.Inputs[0];
        Node b = y.Inputs[1];
        if (b.Shape[2].Known is null || b.Shape[3].Known is null)
        {
            throw new NotSupportedException($"WindowCorrelation has no pull-back for {b.Shape}: height and width must be known.");
        }

        return VectorJacobian.PullBack(Composed(a, b), y.Inputs[input], u, leaves: [a, b]);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        int scale = Scale(y.Inputs[0].Shape, y.Inputs[1].Shape);
        int phases = scale * scale;
        int channels = y.Inputs[0].Shape[1].Coefficient;
        string blocks = scale == 1 ? inputs[0] : scope.Add("SpaceToDepth", [inputs[0]], ("blocksize", scale));
        string pixels = scope.Add("Transpose", [blocks], ("perm", new long[] { 0, 2, 3, 1 }));
        string queries = scope.Add("Reshape", [pixels, scope.Integers(0, 0, -1, channels)]);
        string padded = scope.Add("Pad", [inputs[1], scope.Integers(0, 0, radius, radius, 0, 0, radius, radius)]);
        string keys = scope.Add("Transpose", [padded], ("perm", new long[] { 0, 2, 1, 3 }));
        string width = scope.Add("Shape", [inputs[1]], ("start", 3), ("end", 4));
        string longer = scope.Add("Concat", [scope.Integers(0, 0), width, scope.Integers(-1)], ("axis", 0));

        // As many numbers as there are columns, whatever they are: they fall outside the band.
        string filler = scope.Add("Squeeze", [Cut(scope, inputs[1], 1, 0, 1), scope.Integers(1)]);
        string[] rows = [.. Enumerable.Range(0, _extent).Select(row => Row(scope, queries, keys, filler, longer, phases, row))];
        string joined = scope.Add("Concat", rows, ("axis", 4));
        return scale == 1
            ? scope.Add("Reshape", [joined, scope.Integers(0, 0, 0, _extent, _extent)])
            : Spread(scope, joined, inputs[0], scale);
    }

    /// <summary>One row of every window, <c>[B, H, W, s², 2·radius + 1]</c>.</summary>
    private string Row(OnnxScope scope, string queries, string keys, string filler, string longer, int phases, int row)
    {
        long end = row - (2 * radius);
        string products = scope.Add("MatMul", [queries, Cut(scope, keys, 1, row, end == 0 ? long.MaxValue : end)]);
        string flat = scope.Add("Concat", [scope.Add("Reshape", [products, scope.Integers(0, 0, -1)]), filler], ("axis", 2));
        string skewed = Cut(scope, scope.Add("Reshape", [flat, longer]), 3, 0, -1);
        return Cut(scope, scope.Add("Reshape", [skewed, scope.Integers(0, 0, 0, phases, -1)]), 4, 0, _extent);
    }

    private string Spread(OnnxScope scope, string joined, string a, int scale)
    {
        string split = scope.Add("Reshape", [joined, scope.Integers(0, 0, 0, scale, scale, -1)]);
        string ordered = scope.Add("Transpose", [split], ("perm", new long[] { 0, 1, 3, 2, 4, 5 }));
        string batch = scope.Add("Shape", [a], ("start", 0), ("end", 1));
        string size = scope.Add("Shape", [a], ("start", 2), ("end", 4));
        return scope.Add("Reshape", [ordered, scope.Add("Concat", [batch, size, scope.Integers(_extent, _extent)], ("axis", 0))]);
    }

    private static string Cut(OnnxScope scope, string value, int axis, long start, long end) =>
        scope.Add("Slice", [value, scope.Integers(start), scope.Integers(end), scope.Integers(axis)]);

    private static int Scale(Shape a, Shape b)
    {
        int scale = b[2].Coefficient == 0 ? 0 : a[2].Coefficient / b[2].Coefficient;
        return a[2] == b[2] * scale && a[3] == b[3] * scale ? scale : 0;
    }

    /// <summary>The same numbers out of smaller ops, one product per cell of the window.</summary>
    private Node Composed(Node a, Node b)
    {
        int scale = Scale(a.Shape, b.Shape);
        (int height, int width) = (b.Shape[2].Coefficient, b.Shape[3].Coefficient);
        Node padded = new Apply(new Pad(3, radius, radius), [new Apply(new Pad(2, radius, radius), [b])]);
        Node[] cells =
        [
            .. from row in Enumerable.Range(0, _extent)
               from column in Enumerable.Range(0, _extent)
               let shifted = padded.Slice(2, row, height).Slice(3, column, width).ResizeNearest(scale)
               select (a * shifted).ReduceSum([1], keepDims: false).Reshape(a.Shape[0], a.Shape[2], a.Shape[3], 1),
        ];
        return NodeShapes.Concat(3, cells).Reshape(a.Shape[0], a.Shape[2], a.Shape[3], _extent, _extent);
    }
}
