using System.Runtime.InteropServices;
using Deq.Export.Graphs.Onnx.Wire;

namespace Deq.Export.Graphs.Onnx;

/// <summary>Reads the weights back out of a model that <see cref="OnnxWriter"/> wrote.</summary>
internal static class OnnxWeights
{
    /// <summary>Every single-precision initializer by name, row-major.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an ONNX model.</exception>
    public static IReadOnlyDictionary<string, float[]> Read(byte[] model)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(model).Graph.Initializer
                .Where(tensor => tensor.DataType == TensorProto.Types.ElementKind.Single)
                .ToDictionary(tensor => tensor.Name, tensor => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray());
        }
        catch (Google.Protobuf.InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"This is not an ONNX model: {exception.Message}", exception);
        }
    }
}
