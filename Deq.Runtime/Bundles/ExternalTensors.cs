namespace Deq.Runtime.Bundles;

/// <summary>
/// Tensors that a graph keeps in other files. ONNX Runtime would look for those beside the working directory, and no hash covers them, so a bundle may have none.
/// </summary>
/// <remarks>Field numbers: onnx.proto of the ONNX repository. Read from the wire format, since a graph is refused before anything loads it.</remarks>
internal static class ExternalTensors
{
    /// <summary>Messages within messages are followed so deep; deeper ones count as external, since ONNX Runtime would read on to a depth of 100.</summary>
    private const int MostDepth = 64;

    private const int DataLocation = 14;
    private const uint External = 1;

    private enum Kind
    {
        Model,
        Graph,
        Node,
        Attribute,
        SparseTensor,
        Function,
        Tensor,
    }

    /// <summary>Whether a graph has such a tensor. Bytes that are no graph have none; what is wrong with them is said by what loads them.</summary>
    public static bool AreIn(ReadOnlySpan<byte> graph) => AreIn(graph, Kind.Model, 0);

    private static bool AreIn(ReadOnlySpan<byte> message, Kind kind, int depth)
    {
        var fields = new WireFields(message);
        while (fields.MoveNext())
        {
            // An enumeration has 32 bits; what is above them is dropped, as protobuf does.
            bool isExternal = fields.IsDelimited
                ? Within(kind, fields.Field) is { } inner && (depth == MostDepth || AreIn(fields.Content, inner, depth + 1))
                : kind == Kind.Tensor && fields.Field == DataLocation && (uint)fields.Number == External;
            if (isExternal)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a field of a message holds, as far as tensors may lie in it.</summary>
    private static Kind? Within(Kind kind, int field) => (kind, field) switch
    {
        (Kind.Model, 7) => Kind.Graph,
        (Kind.Model, 25) => Kind.Function,
        (Kind.Graph, 1) or (Kind.Function, 7) => Kind.Node,
        (Kind.Graph, 5) => Kind.Tensor,
        (Kind.Graph, 15) => Kind.SparseTensor,
        (Kind.Node, 5) or (Kind.Function, 11) => Kind.Attribute,
        (Kind.Attribute, 5 or 10) => Kind.Tensor,
        (Kind.Attribute, 6 or 11) => Kind.Graph,
        (Kind.Attribute, 22 or 23) => Kind.SparseTensor,
        (Kind.SparseTensor, 1 or 2) => Kind.Tensor,
        _ => null,
    };
}
