using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = ln(1 + e^a); elementwise.</summary>
internal sealed class Softplus : Op
{
    /// <inheritdoc/>
    public override string Name => "Softplus";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => logaddexp(inputs[0], zeros_like(inputs[0]));

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u * y.Inputs[0].Sigmoid();

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Softplus", inputs);
}
