using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = −a; elementwise.</summary>
public sealed class Negate : Op
{
    /// <inheritdoc/>
    public override string Name => "Negate";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].neg();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => -u;

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Neg", inputs);
}
