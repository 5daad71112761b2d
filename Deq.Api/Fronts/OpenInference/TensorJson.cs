using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Tensors as JSON arrays, flat or nested.</summary>
internal static class TensorJson
{
    private const int MostDepth = 32;

    /// <summary>Bytes of JSON for a byte of a text, which may have to be escaped, or of the shortest numbers and truth values, at most: <c>false,</c>.</summary>
    private const int MostOfByte = 6;

    /// <summary>Bytes of JSON for a byte of longer numbers, at most: <c>-1.17549435E-38,</c> for four.</summary>
    private const int MostOfNumber = 4;

    /// <summary>Reads the elements of an array, whatever its nesting.</summary>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <param name="json">The array.</param>
    /// <param name="type">What its elements are.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="take">Accounts for the memory, bytes.</param>
    /// <exception cref="ProblemException">There are more or fewer elements, one is of another type or no Unicode text, or arrays are nested too deeply.</exception>
    public static byte[] Read(string name, ReadOnlySpan<byte> json, ElementType type, long count, Action<long> take)
    {
        try
        {
            return ReadElements(name, json, type, count, take);
        }
        catch (JsonException fault)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, $"the data of '{name}' cannot be read: {ClientJson.ClauseOf(fault)}.");
        }
    }

    private static byte[] ReadElements(string name, ReadOnlySpan<byte> json, ElementType type, long count, Action<long> take)
    {
        // An element and its comma are two bytes at least.
        if (count > (json.Length / 2) + 1)
        {
            throw Miscounted(name, "fewer", count);
        }

        if (type == ElementType.Text)
        {
            return ReadTexts(name, json, count, take);
        }

        take(count * type.Bytes);
        byte[] bytes = new byte[count * type.Bytes];
        int place = 0;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                continue;
            }

            if (place == count)
            {
                throw Miscounted(name, "more", count);
            }

            if (!TryRead(ref reader, type, bytes.AsSpan(place * type.Bytes, type.Bytes)))
            {
                throw new ProblemException(ProblemKinds.TensorShape, $"Element {place} of '{name}' is no {type.Name}.");
            }

            place++;
        }

        return place == count ? bytes : throw Miscounted(name, "fewer", count);
    }

    /// <summary>Bytes of the array that is written of a tensor, at most.</summary>
    public static long MostBytes(Tensor tensor) => 2 + ((long)tensor.Bytes.Length * (tensor.Type.Bytes > 1 ? MostOfNumber : MostOfByte));

    /// <summary>Writes all elements as one flat array.</summary>
    public static void Write(Utf8JsonWriter writer, Tensor tensor)
    {
        ReadOnlySpan<byte> bytes = tensor.Bytes.Span;
        writer.WriteStartArray();
        while (bytes.Length > 0)
        {
            int length = tensor.Type.Bytes;
            if (tensor.Type == ElementType.Text)
            {
                length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                bytes = bytes[sizeof(int)..];
            }

            Write(writer, tensor.Type, bytes[..length]);
            bytes = bytes[length..];
        }

        writer.WriteEndArray();
    }

    private static bool TryRead(ref Utf8JsonReader reader, ElementType type, Span<byte> bytes)
    {
        if (type == ElementType.Bool)
        {
            bytes[0] = reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
        }

        return reader.TokenType == JsonTokenType.Number && type.Name switch
        {
            "UINT8" => reader.TryGetByte(out bytes[0]),
            "INT8" => Put(reader.TryGetSByte(out sbyte value), bytes, (byte)value),
            "UINT16" => reader.TryGetUInt16(out ushort value) && BinaryPrimitives.TryWriteUInt16LittleEndian(bytes, value),
            "INT16" => reader.TryGetInt16(out short value) && BinaryPrimitives.TryWriteInt16LittleEndian(bytes, value),
            "UINT32" => reader.TryGetUInt32(out uint value) && BinaryPrimitives.TryWriteUInt32LittleEndian(bytes, value),
            "INT32" => reader.TryGetInt32(out int value) && BinaryPrimitives.TryWriteInt32LittleEndian(bytes, value),
            "UINT64" => reader.TryGetUInt64(out ulong value) && BinaryPrimitives.TryWriteUInt64LittleEndian(bytes, value),
            "INT64" => reader.TryGetInt64(out long value) && BinaryPrimitives.TryWriteInt64LittleEndian(bytes, value),
            "FP32" => reader.TryGetSingle(out float value) && BinaryPrimitives.TryWriteSingleLittleEndian(bytes, value),
            "FP64" => reader.TryGetDouble(out double value) && BinaryPrimitives.TryWriteDoubleLittleEndian(bytes, value),
            _ => throw new ProblemException(ProblemKinds.TensorShape, $"{type.Name} is taken as binary data alone."),
        };
    }

    private static bool Put(bool isRead, Span<byte> bytes, byte value)
    {
        bytes[0] = value;
        return isRead;
    }

    private static byte[] ReadTexts(string name, ReadOnlySpan<byte> json, long count, Action<long> take)
    {
        take(json.Length + (count * sizeof(int)));
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth });
        long place = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                continue;
            }

            if (reader.TokenType != JsonTokenType.String || place++ == count)
            {
                throw new ProblemException(ProblemKinds.TensorShape, $"'{name}' must be an array of {count} texts.");
            }

            byte[] text = Encoding.UTF8.GetBytes(ClientJson.TextOf(ref reader));
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            bytes.Write(length);
            bytes.Write(text);
        }

        return place == count ? bytes.ToArray() : throw Miscounted(name, "fewer", count);
    }

    private static void Write(Utf8JsonWriter writer, ElementType type, ReadOnlySpan<byte> bytes)
    {
        switch (type.Name)
        {
            case "BOOL": writer.WriteBooleanValue(bytes[0] != 0); break;
            case "UINT8": writer.WriteNumberValue(bytes[0]); break;
            case "INT8": writer.WriteNumberValue((sbyte)bytes[0]); break;
            case "UINT16": writer.WriteNumberValue(BinaryPrimitives.ReadUInt16LittleEndian(bytes)); break;
            case "INT16": writer.WriteNumberValue(BinaryPrimitives.ReadInt16LittleEndian(bytes)); break;
            case "UINT32": writer.WriteNumberValue(BinaryPrimitives.ReadUInt32LittleEndian(bytes)); break;
            case "INT32": writer.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(bytes)); break;
            case "UINT64": writer.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes)); break;
            case "INT64": writer.WriteNumberValue(BinaryPrimitives.ReadInt64LittleEndian(bytes)); break;
            case "FP32": writer.WriteNumberValue(BinaryPrimitives.ReadSingleLittleEndian(bytes)); break;
            case "FP64": writer.WriteNumberValue(BinaryPrimitives.ReadDoubleLittleEndian(bytes)); break;
            case "BYTES": writer.WriteStringValue(bytes); break;
            default: throw new ProblemException(ProblemKinds.InvalidParameter, $"{type.Name} is sent as binary data alone.");
        }
    }

    private static ProblemException Miscounted(string name, string how, long count) =>
        new(ProblemKinds.TensorShape, $"'{name}' has {how} elements than its shape, which has {count}.");
}
