using Deq.Export.Graphs.Ops;

namespace Deq.Export.Graphs;

/// <summary>Nodes that rearrange numbers.</summary>
internal static class NodeShapes
{
    /// <summary>The same numbers under another shape of the same volume.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="shape">Numbers, or the names of extents that vary, such as <c>"B", 24, 14, 14</c>.</param>
    /// <exception cref="ArgumentException">The volumes differ; the message names both shapes.</exception>
    public static Node Reshape(this Node x, params Dim[] shape) => x.Reshape(new Shape(shape));

    /// <summary>The same numbers under another shape of the same volume.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="shape">The new shape.</param>
    /// <exception cref="ArgumentException">The volumes differ; the message names both shapes.</exception>
    public static Node Reshape(this Node x, Shape shape) => x.Shape.Equals(shape) ? x : new Apply(new Reshape(x.Shape, shape), [x]);

    /// <summary>A range of one axis.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">In [0, rank); its extent is known.</param>
    /// <param name="start">First index, at least 0.</param>
    /// <param name="length">How many, at least 1.</param>
    public static Node Slice(this Node x, int axis, int start, int length) => new Apply(new Slice(axis, start, length), [x]);

    /// <summary>Tensors one after the other along one axis.</summary>
    /// <param name="axis">In [0, rank).</param>
    /// <param name="nodes">At least one; all other extents agree.</param>
    public static Node Concat(int axis, params IReadOnlyList<Node> nodes) => new Apply(new Concat(axis), nodes);

    /// <summary>This tensor and others after it along one axis.</summary>
    /// <param name="x">The first.</param>
    /// <param name="axis">In [0, rank).</param>
    /// <param name="others">All other extents agree.</param>
    public static Node Concat(this Node x, int axis, params IReadOnlyList<Node> others) => Concat(axis, [x, .. others]);

    /// <summary>The same numbers under the shape of another node of the same volume.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="like">Gives the shape; its values do not matter.</param>
    /// <exception cref="ArgumentException">The volumes differ; the message names both shapes.</exception>
    public static Node ReshapeLike(this Node x, Node like) =>
        Ops.Reshape.CanReach(x.Shape, like.Shape) ? x.Reshape(like.Shape) : new Apply(new ReshapeLike(), [x, like]);

    /// <summary>Repeats a node along axes of extent 1 until it has the shape of another.</summary>
    /// <param name="x">Broadcasts to the other shape.</param>
    /// <param name="like">Gives the shape; its values do not matter.</param>
    public static Node ExpandLike(this Node x, Node like) => x.Shape.Equals(like.Shape) ? x : new Apply(new ExpandLike(), [x, like]);

    /// <summary>Every element moved along one axis, zeros where nothing comes from.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">In [0, rank); its extent may vary.</param>
    /// <param name="by">Places towards higher indices; negative towards lower ones.</param>
    public static Node Shift(this Node x, int axis, int by) => by == 0 ? x : new Apply(new Shift(axis, by), [x]);

    /// <summary>Axes in another order.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="order">Axis i of the result is axis order[i] of x.</param>
    public static Node Transpose(this Node x, params int[] order) => new Apply(new Transpose(order), [x]);

    /// <summary>The sum over some axes.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axes">Each in [0, rank); none at all leaves x as it is.</param>
    /// <param name="keepDims">Whether the axes stay, with extent 1.</param>
    public static Node ReduceSum(this Node x, int[] axes, bool keepDims) =>
        axes.Length == 0 ? x : new Apply(new ReduceSum(axes, keepDims), [x]);

    /// <summary>The mean over some axes.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axes">Each in [0, rank); none at all leaves x as it is.</param>
    /// <param name="keepDims">Whether the axes stay, with extent 1.</param>
    public static Node ReduceMean(this Node x, int[] axes, bool keepDims) =>
        axes.Length == 0 ? x : new Apply(new ReduceMean(axes, keepDims), [x]);
}
