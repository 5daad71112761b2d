using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs;

/// <summary>One primitive. What there is to know about it is in its file: its shape, its value in Torch, its ONNX form, its pull-back.</summary>
internal abstract class Op
{
    /// <summary>The name in node names and error messages.</summary>
    public abstract string Name { get; }

    /// <summary>The output's shape.</summary>
    /// <param name="inputs">The shape of each input.</param>
    /// <exception cref="ArgumentException">The op cannot take them; the message names them.</exception>
    public abstract Shape Infer(IReadOnlyList<Shape> inputs);

    /// <summary>The output's value; autograd sees through it.</summary>
    /// <param name="inputs">A tensor per input, all of one device and floating-point type. Borrowed.</param>
    /// <returns>A new handle that the caller owns, never one of the inputs.</returns>
    public abstract Tensor Torch(Tensor[] inputs);

    /// <summary>The cotangent of one input as new nodes: uᵀ·∂y/∂input.</summary>
    /// <param name="y">The op applied to its inputs.</param>
    /// <param name="u">The cotangent of y, in y's shape.</param>
    /// <param name="input">Which input.</param>
    /// <returns>A node in the input's shape; null when nothing flows to it.</returns>
    /// <exception cref="NotSupportedException">The op cannot be differentiated by this input; the message says why.</exception>
    public abstract Node? PullBack(Apply y, Node u, int input);

    /// <summary>Writes the op as ONNX nodes.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="y">The op applied to its inputs, for their shapes.</param>
    /// <param name="inputs">The inputs' value names.</param>
    /// <returns>The output's value name, the output of a separate node.</returns>
    internal abstract string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs);

    /// <summary>The shape of one input, for ops that work on each element alone.</summary>
    protected Shape InferElementwise(IReadOnlyList<Shape> inputs) =>
        inputs.Count == 1 ? inputs[0] : throw Refuse(inputs, "it takes one input.");

    /// <summary>The shape two inputs broadcast to.</summary>
    protected Shape InferBroadcast(IReadOnlyList<Shape> inputs) =>
        inputs.Count == 2 && Shape.Broadcast(inputs[0], inputs[1]) is { } shape
            ? shape
            : throw Refuse(inputs, "aligned at the innermost axis, extents must agree or be 1.");

    /// <summary>The error that names the op, the shapes it got and what is wrong with them.</summary>
    protected ArgumentException Refuse(IReadOnlyList<Shape> inputs, string reason) =>
        new($"{Name} cannot take {string.Join(" and ", inputs)}: {reason}", nameof(inputs));
}
