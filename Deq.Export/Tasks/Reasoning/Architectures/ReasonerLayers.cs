using Deq.Export.Graphs;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>What the cells share: products over the channels, which lie innermost, and tokens by number.</summary>
/// <param name="prefix">Stands before every weight's name, such as <c>cell</c>.</param>
internal sealed class ReasonerLayers(string prefix)
{
    /// <summary>x·W for x <c>[…, inputs]</c>, for a ReLU after it unless told otherwise.</summary>
    public Node Product(Node x, string name, int inputs, int outputs, WeightStart? start = null) =>
        x.MatMul(new Weight($"{prefix}.{name}.weight", [inputs, outputs], start ?? WeightStart.Normal(Math.Sqrt(2.0 / inputs))));

    /// <summary>x·W + b for x <c>[…, inputs]</c>.</summary>
    public Node Linear(Node x, string name, int inputs, int outputs, WeightStart? start = null) =>
        Product(x, name, inputs, outputs, start) + new Weight($"{prefix}.{name}.bias", [outputs], WeightStart.Zeros);

    /// <summary>Each place's channels to mean 0 and variance 1, then a scale and a shift per channel: bounds the state whatever the weights.</summary>
    public Node Norm(Node x, string name, int channels) => x.LayerNorm(
        new Weight($"{prefix}.{name}.scale", [channels], WeightStart.Ones),
        new Weight($"{prefix}.{name}.shift", [channels], WeightStart.Zeros));

    /// <summary>The encoder's input, token numbers <c>[B, 1, H, W]</c>.</summary>
    public static Input Tokens(Dim height, Dim width) => new(TensorNames.Image, "B", 1, height, width);

    /// <summary>Token numbers <c>[B, 1, H, W]</c> as one-hot channels <c>[B, vocabulary, H, W]</c>: 1 where |t − v| is 0, and 0 from 1 on.</summary>
    public static Node OneHot(Node tokens, int vocabulary)
    {
        var numbers = new Constant([.. Enumerable.Range(0, vocabulary).Select(number => (float)number)], [1, vocabulary, 1, 1]);
        return (1 - (tokens - numbers).Abs()).Relu();
    }
}
