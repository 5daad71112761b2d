using System.Runtime.InteropServices;
using Deq.Export.Graphs.Onnx.Wire;

namespace Deq.Export.Graphs.Onnx;

/// <summary>Reads the weights out of an ONNX model.</summary>
internal static class OnnxWeights
{
    /// <summary>Every single-precision initializer by name, row-major.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an ONNX model.</exception>
    public static IReadOnlyDictionary<string, float[]> Read(byte[] model) => ReadAll(model).ToDictionary(weight => weight.Name, weight => weight.Values);

    /// <summary>Every single-precision initializer with its extents, row-major.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an ONNX model.</exception>
    public static IReadOnlyList<(string Name, long[] Extents, float[] Values)> ReadAll(byte[] model)
    {
        try
        {
            return
            [
                .. ModelProto.Parser.ParseFrom(model).Graph.Initializer
                    .Where(tensor => tensor.DataType == TensorProto.Types.ElementKind.Single)
                    .Select(tensor => (tensor.Name, tensor.Dims.ToArray(), tensor.FloatData.Count > 0 ? [.. tensor.FloatData] : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray())),
            ];
        }
        catch (Google.Protobuf.InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"This is not an ONNX model: {exception.Message}", exception);
        }
    }
}
