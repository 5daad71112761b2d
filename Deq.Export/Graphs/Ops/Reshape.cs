using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>The same numbers in the same order under another shape.</summary>
/// <remarks>An extent that varies stays at its axis, or is the only one that moves: then it follows from the others.</remarks>
public sealed class Reshape : Op
{
    // As in ONNX: 0 keeps the extent at that axis, −1 is found from the others.
    private readonly long[] _sizes;
    private readonly Shape _to;

    /// <summary>Makes a reshape.</summary>
    /// <param name="from">The input's shape.</param>
    /// <param name="to">The output's; the volumes, named extents included, are equal.</param>
    /// <exception cref="ArgumentException">The volumes differ, or more than one varying extent moves.</exception>
    public Reshape(Shape from, Shape to)
    {
        if (from.Volume != to.Volume)
        {
            throw Refuse([from, to], $"they hold {from.Volume} and {to.Volume} numbers.");
        }

        if (!CanReach(from, to))
        {
            throw Refuse([from, to], "more than one varying extent moves to another axis.");
        }

        _to = to;
        _sizes = Sizes(from, to);
    }

    /// <inheritdoc/>
    public override string Name => "Reshape";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => _to;

    /// <summary>Whether the new extents follow from the old ones; volumes are not compared.</summary>
    internal static bool CanReach(Shape from, Shape to) => Sizes(from, to).Count(size => size == -1) <= 1;

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        long[] sizes = new long[_sizes.Length];
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            bool stays = _sizes[axis] == 0 && _to[axis].Known is null;
            sizes[axis] = stays ? x.shape[axis] : _sizes[axis];
        }

        return x.reshape(sizes);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.ReshapeLike(y.Inputs[0]);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("Reshape", [inputs[0], scope.Integers(_sizes)]);

    private static long[] Sizes(Shape from, Shape to)
    {
        long[] sizes = new long[to.Rank];
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            bool stays = axis < from.Rank && from[axis] == to[axis];
            sizes[axis] = to[axis].Known ?? (stays ? 0 : -1);
        }

        return sizes;
    }
}
