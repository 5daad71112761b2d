using Deq.Export.Graphs.Onnx;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = a + b, elementwise, broadcasting as NumPy does.</summary>
internal sealed class Add : Op
{
    /// <inheritdoc/>
    public override string Name => "Add";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => InferBroadcast(inputs);

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].Plus(inputs[1]);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) =>
        u.SumTo(y.Inputs[input].Shape);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Add", inputs);
}
