using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = 1/(1 + e^(−a)); elementwise.</summary>
public sealed class Sigmoid : Op
{
    /// <inheritdoc/>
    public override string Name => "Sigmoid";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].sigmoid();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u * y * (1 - y);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Sigmoid", inputs);
}
