using Deq.Export.Graphs.Onnx.Wire;

namespace Deq.Export.Packing;

/// <summary>Every constant tensor of a graph, those within nodes and within graphs of loops and branches included.</summary>
internal static class GraphTensors
{
    /// <summary>All of them.</summary>
    public static IEnumerable<TensorProto> Of(GraphProto graph) =>
        graph.Initializer.Concat(graph.Node.SelectMany(node => node.Attribute).SelectMany(OfAttribute));

    private static IEnumerable<TensorProto> OfAttribute(AttributeProto attribute) =>
    [
        .. attribute.T is { } tensor ? [tensor] : Array.Empty<TensorProto>(),
        .. attribute.Tensors,
        .. (attribute.G is { } graph ? [graph, .. attribute.Graphs] : attribute.Graphs).SelectMany(Of),
    ];
}
