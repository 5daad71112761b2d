using Deq.Export.Graphs.Ops;

namespace Deq.Export.Graphs;

/// <summary>A value in a graph. Immutable; two nodes are the same value only if they are the same object.</summary>
/// <remarks>Operators broadcast as NumPy does and throw <see cref="ArgumentException"/> naming both shapes when they cannot.</remarks>
internal abstract class Node
{
    private protected Node(Shape shape) => Shape = shape;

    /// <summary>The shape of the value; the batch axis is a named extent.</summary>
    public Shape Shape { get; }

    /// <summary>Elementwise sum.</summary>
    public static Node operator +(Node a, Node b) => new Apply(new Add(), [a, b]);

    /// <summary>Elementwise sum with a number.</summary>
    public static Node operator +(Node a, float b) => a + Constant.Scalar(b);

    /// <summary>Elementwise sum with a number.</summary>
    public static Node operator +(float a, Node b) => Constant.Scalar(a) + b;

    /// <summary>Elementwise difference.</summary>
    public static Node operator -(Node a, Node b) => new Apply(new Subtract(), [a, b]);

    /// <summary>Elementwise difference with a number.</summary>
    public static Node operator -(Node a, float b) => a - Constant.Scalar(b);

    /// <summary>Elementwise difference with a number.</summary>
    public static Node operator -(float a, Node b) => Constant.Scalar(a) - b;

    /// <summary>Elementwise product.</summary>
    public static Node operator *(Node a, Node b) => new Apply(new Multiply(), [a, b]);

    /// <summary>Every element times a number.</summary>
    public static Node operator *(Node a, float b) => a * Constant.Scalar(b);

    /// <summary>Every element times a number.</summary>
    public static Node operator *(float a, Node b) => Constant.Scalar(a) * b;

    /// <summary>Elementwise quotient.</summary>
    public static Node operator /(Node a, Node b) => new Apply(new Divide(), [a, b]);

    /// <summary>Every element divided by a number.</summary>
    public static Node operator /(Node a, float b) => a / Constant.Scalar(b);

    /// <summary>A number divided by every element.</summary>
    public static Node operator /(float a, Node b) => Constant.Scalar(a) / b;

    /// <summary>Every element with its sign changed.</summary>
    public static Node operator -(Node a) => new Apply(new Negate(), [a]);
}

/// <summary>What a caller gives when the graph runs, such as z or x.</summary>
/// <param name="name">As in the ONNX graph; unique in its graph.</param>
/// <param name="shape">Outermost first; name what varies, such as <c>"B"</c>.</param>
internal sealed class Input(string name, params Dim[] shape) : Node(new Shape(shape))
{
    /// <summary>As in the ONNX graph; unique in its graph.</summary>
    public string Name { get; } = name;
}

/// <summary>A trained weight: learned through Torch, frozen into the ONNX graph as an initializer.</summary>
/// <param name="name">Unique in a model, such as <c>cell.branch0.conv1.weight</c>.</param>
/// <param name="shape">All extents known; output channels first where there are any.</param>
/// <param name="start">How training starts it.</param>
/// <param name="reparametrization">What training learns in its place.</param>
internal sealed class Weight(string name, int[] shape, WeightStart start, Reparametrization reparametrization = Reparametrization.None)
    : Node(new Shape([.. shape.Select(n => (Dim)n)]))
{
    /// <summary>Unique in a model, such as <c>cell.branch0.conv1.weight</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The extents as numbers, outermost first.</summary>
    public IReadOnlyList<int> Extents { get; } = [.. shape];

    /// <summary>How training starts it.</summary>
    public WeightStart Start { get; } = start;

    /// <summary>What training learns in its place. The graph always means the effective weight.</summary>
    public Reparametrization Reparametrization { get; } = reparametrization;
}

/// <summary>Fixed numbers that are part of the definition.</summary>
internal sealed class Constant : Node
{
    /// <summary>Makes a constant tensor.</summary>
    /// <param name="values">Row-major; copied.</param>
    /// <param name="shape">All extents known; none make a scalar.</param>
    /// <exception cref="ArgumentException">The shape holds another count of numbers.</exception>
    public Constant(float[] values, int[] shape)
        : base(new Shape([.. shape.Select(n => (Dim)n)]))
    {
        if (Shape.Count != values.Length)
        {
            throw new ArgumentException($"A constant of shape {Shape} holds {Shape.Count} numbers; {values.Length} were given.", nameof(values));
        }

        Values = [.. values];
    }

    /// <summary>Row-major.</summary>
    public IReadOnlyList<float> Values { get; }

    /// <summary>A single number.</summary>
    public static Constant Scalar(float value) => new([value], []);
}

/// <summary>The output of an op.</summary>
internal sealed class Apply : Node
{
    /// <summary>Applies an op.</summary>
    /// <param name="op">What to compute.</param>
    /// <param name="inputs">From what, in the op's order.</param>
    /// <exception cref="ArgumentException">The op cannot take these shapes; the message names them.</exception>
    public Apply(Op op, IReadOnlyList<Node> inputs)
        : base(op.Infer([.. inputs.Select(node => node.Shape)]))
    {
        Op = op;
        Inputs = [.. inputs];
    }

    /// <summary>What is computed.</summary>
    public Op Op { get; }

    /// <summary>From what, in the op's order.</summary>
    public IReadOnlyList<Node> Inputs { get; }
}
