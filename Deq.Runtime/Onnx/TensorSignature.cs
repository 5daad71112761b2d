using Deq.Runtime.Models;

namespace Deq.Runtime.Onnx;

/// <summary>What a graph says of one of its tensors.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Element">Its element type in lower case, such as <c>float</c>; <c>none</c> when it is no tensor.</param>
/// <param name="Shape">Numbers; the graph's own name, or <c>?</c> without one, for what varies.</param>
internal sealed record TensorSignature(string Name, string Element, IReadOnlyList<string> Shape)
{
    /// <summary>Numbers per row: the product of all dimensions but the first.</summary>
    public int WidthAt(ExtentScale scale) => checked((int)Shape.Skip(1).Select(scale.Of).Aggregate(1L, (product, size) => checked(product * size)));

    /// <summary>The shape for a number of rows.</summary>
    public long[] ShapeOf(int rows, ExtentScale scale = default) => [rows, .. Shape.Skip(1).Select(scale.Of)];

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Element} [{string.Join(", ", Shape)}]";
}
