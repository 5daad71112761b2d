using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = |a|; the slope at 0 is 0; elementwise.</summary>
public sealed class Abs : Op
{
    /// <inheritdoc/>
    public override string Name => "Abs";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].abs();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u * y.Inputs[0].Sign();

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Abs", inputs);
}
