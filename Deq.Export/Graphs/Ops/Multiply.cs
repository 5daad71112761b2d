using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = a ⊙ b, elementwise, broadcasting as NumPy does.</summary>
public sealed class Multiply : Op
{
    /// <inheritdoc/>
    public override string Name => "Multiply";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferBroadcast(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0] * inputs[1];

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) =>
        (u * y.Inputs[1 - input]).SumTo(y.Inputs[input].Shape);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Mul", inputs);
}
