using System.Buffers.Binary;
using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Kind = Deq.Api.Fronts.OpenInference.Rpc.Wire.InferParameter.ParameterChoiceOneofCase;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Reads requests: tensors come as bytes, all of them, or as repeated fields by type.</summary>
internal static class RpcRequest
{
    /// <summary>What a message asks.</summary>
    /// <param name="message">The message; its bytes are used, not copied.</param>
    /// <param name="take">Accounts for memory beyond the message's own, bytes.</param>
    /// <exception cref="ProblemException">The message does not keep to the protocol.</exception>
    public static InferRequest Read(Wire.ModelInferRequest message, Action<long> take)
    {
        bool isRaw = message.RawInputContents.Count > 0;
        if (isRaw && message.RawInputContents.Count != message.Inputs.Count)
        {
            throw new ProblemException(
                ProblemKinds.TensorShape, $"there are {message.Inputs.Count} inputs and {message.RawInputContents.Count} raw_input_contents; all inputs or none come as bytes.");
        }

        Dictionary<string, string> parameters = TextsOf(message.Parameters);
        InferRequestReader.Flag(parameters, InferParameters.BinaryOutput);
        return new InferRequest
        {
            Id = message.Id.Length > 0 ? message.Id : null,
            Parameters = parameters,
            Inputs = [.. message.Inputs.Select((input, place) => TensorOf(input, isRaw ? message.RawInputContents[place] : null, take))],
            Outputs = [.. message.Outputs.Select(OutputOf)],
        };
    }

    private static RequestedOutput OutputOf(Wire.ModelInferRequest.Types.InferRequestedOutputTensor output)
    {
        Dictionary<string, string> parameters = TextsOf(output.Parameters);
        InferRequestReader.RefuseSharedMemory(parameters);
        InferRequestReader.Flag(parameters, InferRequestReader.BinaryOutput);
        return new RequestedOutput(output.Name, null, InferRequestReader.ClassesOf(parameters));
    }

    private static Dictionary<string, string> TextsOf(MapField<string, Wire.InferParameter> parameters) =>
        parameters.ToDictionary(pair => pair.Key, pair => TextOf(pair.Key, pair.Value), StringComparer.Ordinal);

    /// <summary>A value as JSON writes it: what a parameter must be is then checked as over REST.</summary>
    private static string TextOf(string name, Wire.InferParameter value) => value.ParameterChoiceCase switch
    {
        Kind.BoolParam or Kind.DoubleParam when name == InferParameters.SequenceId => throw InferParameters.NoId(),
        Kind.Int64Param when name == InferParameters.SequenceId && value.Int64Param < 0 => throw InferParameters.NoId(),
        Kind.BoolParam => value.BoolParam ? "true" : "false",
        Kind.Int64Param => value.Int64Param.ToString(CultureInfo.InvariantCulture),
        Kind.Uint64Param => value.Uint64Param.ToString(CultureInfo.InvariantCulture),
        Kind.DoubleParam => Fractional(value.DoubleParam),
        Kind.StringParam => value.StringParam,
        _ => throw new ProblemException(ProblemKinds.MalformedRequest, $"the parameter '{name.Shorten()}' has no value; it must be a text, a number, true or false."),
    };

    /// <summary>A number that no whole number is mistaken for: 8 as 8.0.</summary>
    private static string Fractional(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.All(letter => letter is '-' || char.IsAsciiDigit(letter)) ? text + ".0" : text;
    }

    private static Tensor TensorOf(Wire.ModelInferRequest.Types.InferInputTensor input, ByteString? raw, Action<long> take)
    {
        string name = input.Name.Shorten();
        InferRequestReader.RefuseSharedMemory(TextsOf(input.Parameters));
        if (raw is not null && input.Contents?.CalculateSize() > 0)
        {
            throw new ProblemException(ProblemKinds.ConflictingParameter, $"'{name}' has contents and raw_input_contents; only one of them may be given.");
        }

        ElementType type = InferRequestReader.TypeOf(name, input.Datatype);
        if (input.Shape.Any(extent => extent < 0))
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"'{name}' has the shape [{string.Join(',', input.Shape)}]; extents are whole numbers of at least 0.");
        }

        long count = InferRequestReader.CountOf(name, input.Shape);
        ReadOnlyMemory<byte> bytes = raw?.Memory ?? BytesOf(input.Contents ?? new(), type, take);
        InferRequestReader.CheckBytes(name, type, count, bytes.Span);
        return new Tensor(input.Name, type, [.. input.Shape], bytes);
    }

    private static byte[] BytesOf(Wire.InferTensorContents contents, ElementType type, Action<long> take) => type.Name switch
    {
        "BOOL" => Pack(contents.BoolContents, 1, (bytes, value) => bytes[0] = value ? (byte)1 : (byte)0, take),
        "INT8" => Pack(contents.IntContents, 1, (bytes, value) => bytes[0] = (byte)checked((sbyte)value), take),
        "INT16" => Pack(contents.IntContents, 2, (bytes, value) => BinaryPrimitives.WriteInt16LittleEndian(bytes, checked((short)value)), take),
        "INT32" => Pack(contents.IntContents, 4, BinaryPrimitives.WriteInt32LittleEndian, take),
        "INT64" => Pack(contents.Int64Contents, 8, BinaryPrimitives.WriteInt64LittleEndian, take),
        "UINT8" => Pack(contents.UintContents, 1, (bytes, value) => bytes[0] = checked((byte)value), take),
        "UINT16" => Pack(contents.UintContents, 2, (bytes, value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value)), take),
        "UINT32" => Pack(contents.UintContents, 4, BinaryPrimitives.WriteUInt32LittleEndian, take),
        "UINT64" => Pack(contents.Uint64Contents, 8, BinaryPrimitives.WriteUInt64LittleEndian, take),
        "FP32" => Pack(contents.Fp32Contents, 4, BinaryPrimitives.WriteSingleLittleEndian, take),
        "FP64" => Pack(contents.Fp64Contents, 8, BinaryPrimitives.WriteDoubleLittleEndian, take),
        "BYTES" => TextsOf(contents.BytesContents, take),
        _ => throw new ProblemException(ProblemKinds.TensorShape, $"{type.Name} is taken as raw_input_contents alone."),
    };

    private static byte[] Pack<T>(RepeatedField<T> values, int length, WriteElement<T> write, Action<long> take)
    {
        take((long)values.Count * length);
        byte[] bytes = new byte[(long)values.Count * length];
        try
        {
            for (int place = 0; place < values.Count; place++)
            {
                write(bytes.AsSpan(place * length, length), values[place]);
            }
        }
        catch (OverflowException)
        {
            throw new ProblemException(ProblemKinds.TensorShape, "a number of the contents is out of its type's range.");
        }

        return bytes;
    }

    private static byte[] TextsOf(RepeatedField<ByteString> texts, Action<long> take)
    {
        take(texts.Sum(text => sizeof(int) + (long)text.Length));
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (ByteString text in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            bytes.Write(length);
            bytes.Write(text.Span);
        }

        return bytes.ToArray();
    }

    private delegate void WriteElement<in T>(Span<byte> bytes, T value);
}
