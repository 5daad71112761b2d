using System.Buffers;
using Deq.Api.Problems;
using Google.Protobuf.Reflection;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Bounds what a message lists, before objects are made of it.</summary>
/// <remarks>
/// An empty entry takes two bytes of a message, and less than a bit where it is compressed, but becomes objects of up to two hundred bytes. Entries of typed contents are not bounded
/// here where they are packed numbers; what they may take in memory is found, so that it can be counted before there are lists of them.
/// </remarks>
internal static class ListedFields
{
    /// <summary>The most fields of a message, those of the messages in it included.</summary>
    public const int Most = 1 << 16;

    /// <summary>Bytes of the longest number.</summary>
    private const int LongestNumber = 10;

    /// <summary>Bytes of an object that holds a text, beside the text.</summary>
    private const int TextBytes = 72;

    // Wire types, the last three bits of a tag. Groups, 3 and 4, are of an older version of the format.
    private const uint Varint = 0;
    private const uint EightBytes = 1;
    private const uint Delimited = 2;
    private const uint FourBytes = 5;

    /// <summary>Fails where a message lists more than a request may.</summary>
    /// <param name="message">As it came, decompressed.</param>
    /// <param name="type">What it is read as.</param>
    /// <returns>Bytes that the entries of its typed contents take at most once it has been parsed, beyond those of the message.</returns>
    /// <exception cref="ProblemException">It does, or its fields cannot be told apart.</exception>
    public static long Require(in ReadOnlySequence<byte> message, MessageDescriptor type)
    {
        int left = Most;
        long memory = 0;
        Require(message, type, ref left, ref memory);
        return memory;
    }

    private static void Require(in ReadOnlySequence<byte> message, MessageDescriptor type, ref int left, ref long memory)
    {
        bool isContents = type == Wire.InferTensorContents.Descriptor;
        Span<int> listed = stackalloc int[type.Fields.InDeclarationOrder().Count];
        var reader = new SequenceReader<byte>(message);
        while (!reader.End)
        {
            uint tag = (uint)NumberOf(ref reader);
            uint kind = tag & 7;
            FieldDescriptor? field = type.FindFieldByNumber((int)(tag >> 3));
            ReadOnlySequence<byte> value = ValueOf(ref reader, kind);
            memory += field is not null && isContents ? MemoryOf(field, kind, value) : 0;
            if (field is not null && isContents && kind == Delimited && IsNumber(field))
            {
                continue;
            }

            if (left-- == 0)
            {
                throw new ProblemException(ProblemKinds.MalformedRequest, $"The message has more than {Most} fields; packed numbers of typed contents do not count.");
            }

            if (field is { IsRepeated: true } && !isContents)
            {
                listed[field.Index] += CountOf(field, kind, value);
                RefuseMore(field, listed[field.Index]);
            }

            if (field?.FieldType == FieldType.Message && kind == Delimited)
            {
                Require(value, field.MessageType, ref left, ref memory);
            }
        }
    }

    private static void RefuseMore(FieldDescriptor field, int count)
    {
        if (count > InferRequest.MostListed)
        {
            throw new ProblemException(
                IsNumber(field) ? ProblemKinds.TensorShape : ProblemKinds.MalformedRequest, $"'{field.Name}' has more than {InferRequest.MostListed} entries.");
        }
    }

    /// <summary>Entries of one field of a list: of packed numbers several.</summary>
    private static int CountOf(FieldDescriptor field, uint kind, in ReadOnlySequence<byte> value)
    {
        if (kind != Delimited || !IsNumber(field))
        {
            return 1;
        }

        if (value.Length > InferRequest.MostListed * LongestNumber)
        {
            return InferRequest.MostListed + 1;
        }

        return (int)NumbersIn(value);
    }

    /// <summary>Bytes beyond its own that a field of typed contents takes at most.</summary>
    private static long MemoryOf(FieldDescriptor field, uint kind, in ReadOnlySequence<byte> value)
    {
        if (!IsNumber(field))
        {
            return TextBytes;
        }

        // A list has just room for packed numbers of one length, and otherwise doubles when it is full.
        int bytes = 2 * (field.FieldType is FieldType.Bool ? sizeof(bool) : field.FieldType is FieldType.Int64 or FieldType.UInt64 or FieldType.Double ? sizeof(ulong) : sizeof(uint));
        return kind != Delimited ? bytes
            : field.FieldType is FieldType.Float or FieldType.Double ? 0
            : Math.Max(0, (bytes * NumbersIn(value)) - value.Length);
    }

    /// <summary>Packed numbers: the last byte of each has no high bit.</summary>
    private static long NumbersIn(in ReadOnlySequence<byte> value)
    {
        long count = 0;
        foreach (ReadOnlyMemory<byte> part in value)
        {
            foreach (byte each in part.Span)
            {
                count += IsLast(each) ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Reads on behind a value; its bytes where a length stands before them, else none.</summary>
    private static ReadOnlySequence<byte> ValueOf(ref SequenceReader<byte> reader, uint kind)
    {
        if (kind == Varint)
        {
            NumberOf(ref reader);
            return default;
        }

        long length = kind switch
        {
            EightBytes => sizeof(ulong),
            FourBytes => sizeof(uint),
            Delimited => (uint)NumberOf(ref reader),
            _ => throw Unreadable($"a field has the wire type {kind}"),
        };
        if (length > reader.Remaining)
        {
            throw Unreadable("it ends within a field");
        }

        ReadOnlySequence<byte> value = reader.UnreadSequence.Slice(0, length);
        reader.Advance(length);
        return value;
    }

    private static ulong NumberOf(ref SequenceReader<byte> reader)
    {
        ulong number = 0;
        for (int place = 0; place < LongestNumber; place++)
        {
            if (!reader.TryRead(out byte part))
            {
                throw Unreadable("it ends within a field");
            }

            number |= (ulong)(part & 0x7F) << (7 * place);
            if (IsLast(part))
            {
                return number;
            }
        }

        throw Unreadable($"a number has more than {LongestNumber} bytes");
    }

    private static bool IsLast(byte part) => part < 0x80;

    private static bool IsNumber(FieldDescriptor field) => field.FieldType is not (FieldType.Message or FieldType.Group or FieldType.String or FieldType.Bytes);

    private static ProblemException Unreadable(string why) => new(ProblemKinds.MalformedRequest, $"The message cannot be read: {why}.");
}
