using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = √a, for a &gt; 0 where it is differentiated; elementwise.</summary>
public sealed class Sqrt : Op
{
    /// <inheritdoc/>
    public override string Name => "Sqrt";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].sqrt();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u / (2 * y);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Sqrt", inputs);
}
