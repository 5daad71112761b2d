using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// A windowed cost volume: features a <c>[B, C, s·H, s·W]</c> against features b <c>[B, C, H, W]</c> in the (2·radius + 1)² cells around each
/// one's own, rows of the window before columns, and around them a rim of zeros: <c>[B, s·H, s·W, 2·radius + 3, 2·radius + 3]</c>.
/// </summary>
/// <remarks>
/// The cell of a's pixel (x, y) is (⌊x/s⌋, ⌊y/s⌋); products with cells outside b are 0. Memory is linear in pixels. One row of the window at a time is a
/// product of rows of pixels, whole ones in Torch and blocks of them in ONNX, of which the band around the diagonal is kept.
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
            ? new Shape(a[0], a[2], a[3], _extent + 2, _extent + 2)
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
        Tensor windows = (bands.Length == 1 ? bands[0] : cat(bands, 1))
            .reshape(batch, height, width, scale, scale, _extent * _extent)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(batch, height * scale, width * scale, _extent, _extent);
        return nn.functional.pad(windows, [1, 1, 1, 1]).MoveToOuterDisposeScope();
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

    /// <summary>
    /// Blocks of 2·radius columns of a against the 4·radius columns of b that their windows reach, so that time and memory are linear in pixels. The
    /// band around each block's diagonal is kept: read with rows one number longer, the band is a rectangle.
    /// </summary>
    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        int scale = Scale(y.Inputs[0].Shape, y.Inputs[1].Shape);
        string width = scope.Add("Shape", [inputs[1]], ("start", 3), ("end", 4));

        // Up to whole blocks: −width modulo their length is not below 0.
        string missing = scope.Add("Mod", [scope.Add("Neg", [width]), scope.Integers(Block)]);
        string queries = Queries(scope, inputs[0], scale, y.Inputs[0].Shape[1].Coefficient, missing);
        string keys = Keys(scope, inputs[1], missing);
        string[] rows = [.. Enumerable.Range(0, _extent).Select(row => Row(scope, queries, keys, scale == 1 ? width : null, row))];
        string joined = scope.Add("Concat", rows, ("axis", 3));
        string spread = scale == 1 ? joined : Spread(scope, joined, inputs[0], scale);
        string windows = scope.Add("Reshape", [spread, scope.Integers(0, 0, 0, _extent, _extent)]);
        return scope.Add("Pad", [windows, scope.Integers(0, 0, 0, 1, 1, 0, 0, 0, 1, 1)]);
    }

    private int Block => 2 * radius;

    /// <summary>a, zeros to the right, as <c>[B, H, blocks, s²·block, C]</c>, the places within a cell of b before its columns.</summary>
    private string Queries(OnnxScope scope, string a, int scale, int channels, string missing)
    {
        string blocks = scale == 1 ? a : scope.Add("SpaceToDepth", [a], ("blocksize", scale));
        string pixels = scope.Add("Transpose", [blocks], ("perm", new long[] { 0, 2, 3, 1 }));
        string whole = scope.Add("Pad", [pixels, scope.Add("Concat", [scope.Integers(0, 0, 0, 0, 0, 0), missing, scope.Integers(0)], ("axis", 0))]);
        string split = scope.Add("Reshape", [whole, scope.Integers(0, 0, -1, Block, scale * scale, channels)]);
        string ordered = scale == 1 ? split : scope.Add("Transpose", [split], ("perm", new long[] { 0, 1, 2, 4, 3, 5 }));
        return scope.Add("Reshape", [ordered, scope.Integers(0, 0, 0, scale * scale * Block, channels)]);
    }

    /// <summary>b, zeros around, as <c>[B, H + 2·radius, blocks, C, 2·block]</c>: each block's own columns and the next one's.</summary>
    private string Keys(OnnxScope scope, string b, string missing)
    {
        string right = scope.Add("Add", [missing, scope.Integers(radius)]);
        string whole = scope.Add("Pad", [b, scope.Add("Concat", [scope.Integers(0, 0, radius, radius, 0, 0, radius), right], ("axis", 0))]);
        string pieces = scope.Add("Transpose", [scope.Add("Reshape", [whole, scope.Integers(0, 0, 0, -1, Block)])], ("perm", new long[] { 0, 2, 3, 1, 4 }));
        return scope.Add("Concat", [Cut(scope, pieces, 2, 0, -1), Cut(scope, pieces, 2, 1, long.MaxValue)], ("axis", 4));
    }

    /// <summary>One row of every window, <c>[B, H, blocks·s²·block, 2·radius + 1]</c>, of which a width cuts off what is beyond it.</summary>
    private string Row(OnnxScope scope, string queries, string keys, string? width, int row)
    {
        long end = row - (2 * radius);
        string products = scope.Add("MatMul", [queries, Cut(scope, keys, 1, row, end == 0 ? long.MaxValue : end)]);
        string flat = scope.Add("Reshape", [products, scope.Integers(0, 0, -1, 2 * Block * Block)]);

        // As many numbers as there are columns, whatever they are: they fall outside the band.
        string longer = scope.Add("Concat", [flat, Cut(scope, flat, 3, 0, Block)], ("axis", 3));
        string skewed = scope.Add("Reshape", [longer, scope.Integers(0, 0, -1, (2 * Block) + 1)]);
        return width is null
            ? Cut(scope, skewed, 3, 0, _extent)
            : scope.Add("Slice", [
                skewed, scope.Integers(0, 0), scope.Add("Concat", [width, scope.Integers(_extent)], ("axis", 0)), scope.Integers(2, 3)]);
    }

    /// <summary>Brings the places within a cell of b to where they are in a: <c>[B, s·H, s·W, K·K]</c>.</summary>
    private string Spread(OnnxScope scope, string joined, string a, int scale)
    {
        string split = scope.Add("Reshape", [joined, scope.Integers(0, 0, -1, scale, scale, Block, _extent * _extent)]);
        string ordered = scope.Add("Transpose", [split], ("perm", new long[] { 0, 1, 3, 2, 5, 4, 6 }));
        string batch = scope.Add("Shape", [a], ("start", 0), ("end", 1));
        string height = scope.Add("Shape", [a], ("start", 2), ("end", 3));
        string width = scope.Add("Shape", [a], ("start", 3), ("end", 4));
        string size = scope.Add("Concat", [batch, height, scope.Integers(-1, _extent * _extent)], ("axis", 0));
        return scope.Add("Slice", [scope.Add("Reshape", [ordered, size]), scope.Integers(0), width, scope.Integers(2)]);
    }

    private static string Cut(OnnxScope scope, string value, int axis, long start, long end) =>
        scope.Add("Slice", [value, scope.Integers(start), scope.Integers(end), scope.Integers(axis)]);

    private static int Scale(Shape a, Shape b)
    {
        int scale = b[2].Coefficient == 0 ? 0 : a[2].Coefficient / b[2].Coefficient;
        return a[2] == b[2] * scale && a[3] == b[3] * scale ? scale : 0;
    }

    /// <summary>The same numbers out of smaller ops, one product per cell of the window.</summary>
    private Apply Composed(Node a, Node b)
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
        Node windows = NodeShapes.Concat(3, cells).Reshape(a.Shape[0], a.Shape[2], a.Shape[3], _extent, _extent);
        return new Apply(new Pad(4, 1, 1), [new Apply(new Pad(3, 1, 1), [windows])]);
    }
}
