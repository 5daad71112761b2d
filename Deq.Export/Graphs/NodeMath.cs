using Deq.Export.Graphs.Ops;

namespace Deq.Export.Graphs;

/// <summary>Nodes of elementwise functions and products. The operators are on <see cref="Node"/>.</summary>
internal static class NodeMath
{
    /// <summary>max(0, x).</summary>
    public static Node Relu(this Node x) => new Apply(new Relu(), [x]);

    /// <summary>tanh x.</summary>
    public static Node Tanh(this Node x) => new Apply(new Tanh(), [x]);

    /// <summary>1/(1 + e^(−x)).</summary>
    public static Node Sigmoid(this Node x) => new Apply(new Sigmoid(), [x]);

    /// <summary>e^x.</summary>
    public static Node Exp(this Node x) => new Apply(new Exp(), [x]);

    /// <summary>ln x.</summary>
    public static Node Log(this Node x) => new Apply(new Log(), [x]);

    /// <summary>√x.</summary>
    public static Node Sqrt(this Node x) => new Apply(new Sqrt(), [x]);

    /// <summary>The product of the last two axes: <c>[…, M, K]</c> and <c>[…, K, N]</c> to <c>[…, M, N]</c>, leading axes broadcast.</summary>
    public static Node MatMul(this Node a, Node b) => new Apply(new MatMul(), [a, b]);

    /// <summary>ln(1 + e^x).</summary>
    public static Node Softplus(this Node x) => new Apply(new Softplus(), [x]);

    /// <summary>|x|.</summary>
    public static Node Abs(this Node x) => new Apply(new Abs(), [x]);

    /// <summary>−1, 0 or 1. No cotangent flows through it.</summary>
    public static Node Sign(this Node x) => new Apply(new Sign(), [x]);

    /// <summary>e^x / Σ e^x along one axis.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">In [0, rank).</param>
    public static Node Softmax(this Node x, int axis) => new Apply(new Softmax(axis), [x]);

    /// <summary>Layer normalisation of the innermost axis.</summary>
    /// <param name="x"><c>[…, D]</c>.</param>
    /// <param name="scale"><c>[D]</c>.</param>
    /// <param name="shift"><c>[D]</c>.</param>
    /// <param name="epsilon">Added to the variance, above 0. Default 1e-5.</param>
    public static Node LayerNorm(this Node x, Node scale, Node shift, float epsilon = 1e-5f) =>
        new Apply(new LayerNorm(epsilon), [x, scale, shift]);
}
