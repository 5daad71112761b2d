using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = e^a; elementwise.</summary>
public sealed class Exp : Op
{
    /// <inheritdoc/>
    public override string Name => "Exp";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].exp();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u * y;

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Exp", inputs);
}
