using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = a·b over the last two axes: <c>[…, M, K]</c> and <c>[…, K, N]</c> to <c>[…, M, N]</c>, leading axes broadcast.</summary>
public sealed class MatMul : Op
{
    /// <inheritdoc/>
    public override string Name => "MatMul";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape a = inputs[0];
        Shape b = inputs[1];
        if (a.Rank < 2 || b.Rank < 2 || a[a.Rank - 1] != b[b.Rank - 2])
        {
            throw Refuse(inputs, "they must be […, M, K] and […, K, N].");
        }

        Shape leading = Shape.Broadcast(new Shape(a.Dims[..^2]), new Shape(b.Dims[..^2]))
            ?? throw Refuse(inputs, "their leading axes do not broadcast.");
        return new Shape([.. leading.Dims, a[a.Rank - 2], b[b.Rank - 1]]);
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].matmul(inputs[1]);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node a = y.Inputs[0];
        Node b = y.Inputs[1];
        Node cotangent = input == 0 ? u.MatMul(Transposed(b)) : Transposed(a).MatMul(u);
        return cotangent.SumTo(y.Inputs[input].Shape);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("MatMul", inputs);

    private static Node Transposed(Node matrix)
    {
        int rank = matrix.Shape.Rank;
        return matrix.Transpose([.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2]);
    }
}
