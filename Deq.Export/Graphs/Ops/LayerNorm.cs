using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Layer normalisation: each vector of the innermost axis to mean 0 and variance 1, then a scale and a shift per element.</summary>
/// <remarks>x <c>[…, D]</c>, scale and shift <c>[D]</c>. The variance is the biased one. Source: Ba et al., "Layer normalization", 2016.</remarks>
/// <param name="epsilon">Added to the variance, above 0.</param>
public sealed class LayerNorm(float epsilon) : Op
{
    /// <inheritdoc/>
    public override string Name => "LayerNorm";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        bool fits = x.Rank > 0 && x[x.Rank - 1].Known is not null
            && inputs[1].Equals(new Shape(x[x.Rank - 1])) && inputs[2].Equals(inputs[1]);
        return fits ? x : throw Refuse(inputs, "x is […, D], scale and shift are [D].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) =>
        nn.functional.layer_norm(inputs[0], [inputs[1].shape[0]], inputs[1], inputs[2], epsilon);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node x = y.Inputs[0];
        int[] outer = [.. Enumerable.Range(0, x.Shape.Rank - 1)];
        var standard = new Standardized(x, [x.Shape.Rank - 1], epsilon);
        return input switch
        {
            0 => standard.PullBack(u * y.Inputs[1]),
            1 => (u * standard.Value).ReduceSum(outer, keepDims: false),
            _ => u.ReduceSum(outer, keepDims: false),
        };
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("LayerNormalization", inputs, ("axis", -1), ("epsilon", epsilon));
}
