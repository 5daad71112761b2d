using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = max(0, a); the slope at 0 is 0; elementwise.</summary>
public sealed class Relu : Op
{
    /// <inheritdoc/>
    public override string Name => "Relu";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].relu();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u * y.Sign();

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Relu", inputs);
}
