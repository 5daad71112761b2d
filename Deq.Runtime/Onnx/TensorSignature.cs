namespace Deq.Runtime.Onnx;

/// <summary>What a graph says of one of its tensors.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Element">Its element type in lower case, such as <c>float</c>; <c>none</c> when it is no tensor.</param>
/// <param name="Shape">Numbers; the graph's own name, or <c>?</c> without one, for what varies.</param>
internal sealed record TensorSignature(string Name, string Element, IReadOnlyList<string> Shape)
{
    /// <summary>Numbers per row: the product of all dimensions but the first.</summary>
    public int Width => checked((int)Shape.Skip(1).Select(long.Parse).Aggregate(1L, (product, size) => checked(product * size)));

    /// <summary>The shape for a number of rows.</summary>
    public long[] ShapeOf(int rows) => [rows, .. Shape.Skip(1).Select(long.Parse)];

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Element} [{string.Join(", ", Shape)}]";
}
