namespace Deq.Runtime.Bundles;

/// <summary>
/// Tensors that a graph keeps in other files. ONNX Runtime would look for those beside the working directory, and no hash covers them, so a bundle may have none.
/// </summary>
/// <remarks>Field numbers: onnx.proto of the ONNX repository. Read from the wire format (protobuf.dev, "Encoding"), since a graph is refused before anything loads it.</remarks>
internal static class ExternalTensors
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    /// <summary>Graphs within graphs are followed so deep.</summary>
    private const int MostDepth = 64;

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
        while (message.Length > 0 && TryNumber(ref message, out ulong key))
        {
            int field = (int)(key >> 3);
            switch ((int)(key & 7))
            {
                case Varint when TryNumber(ref message, out ulong value):
                    if (kind == Kind.Tensor && field == 14 && value == 1)
                    {
                        return true;
                    }

                    break;
                case Fixed64 when message.Length >= 8:
                    message = message[8..];
                    break;
                case Fixed32 when message.Length >= 4:
                    message = message[4..];
                    break;
                case Delimited when TryNumber(ref message, out ulong length) && length <= (ulong)message.Length:
                    if (depth < MostDepth && Within(kind, field) is { } inner && AreIn(message[..(int)length], inner, depth + 1))
                    {
                        return true;
                    }

                    message = message[(int)length..];
                    break;
                default:
                    return false;
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

    private static bool TryNumber(ref ReadOnlySpan<byte> message, out ulong number)
    {
        number = 0;
        for (int i = 0; i < Math.Min(10, message.Length); i++)
        {
            number |= (ulong)(message[i] & 0x7F) << (7 * i);
            if (message[i] < 0x80)
            {
                message = message[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
