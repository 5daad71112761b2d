using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = ln a, for a &gt; 0; elementwise.</summary>
public sealed class Log : Op
{
    /// <inheritdoc/>
    public override string Name => "Log";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferElementwise(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].log();

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u / y.Inputs[0];

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Log", inputs);
}
