using System.Buffers;
using System.Buffers.Binary;
using Deq.Api.Problems;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>What stands before a message: whether it is compressed, and how many bytes follow.</summary>
/// <remarks>The framework takes a head that it cannot read for a fault of the server, and logs its stack.</remarks>
/// <param name="mostBytes">How long a message may be.</param>
/// <param name="isEncoded">Whether the call says how its compressed messages are compressed.</param>
internal sealed class MessageHead(long mostBytes, bool isEncoded)
{
    private const int Length = 5;

    /// <summary>Whether the message is compressed whose head came last.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>Fails where what has come cannot be one message, or the beginning of one.</summary>
    /// <param name="come">From the beginning of a message.</param>
    /// <param name="isAll">Whether nothing more comes.</param>
    /// <returns>Bytes of the message, its head included; without a whole head, of that.</returns>
    public long Require(in ReadOnlySequence<byte> come, bool isAll)
    {
        if (come.Length < Length)
        {
            return RequireMore(come, isAll, Length);
        }

        Span<byte> head = stackalloc byte[Length];
        come.Slice(0, Length).CopyTo(head);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
        if (head[0] > 1)
        {
            throw Malformed($"A message begins with 0, or with 1 where it is compressed, not with {head[0]}.");
        }

        if (head[0] == 1 && !isEncoded)
        {
            throw Malformed("A message is compressed, and the header grpc-encoding does not say how.");
        }

        if (length > mostBytes)
        {
            throw new ProblemException(ProblemKinds.BodyTooLarge, $"A message of {length} bytes; at most {mostBytes} are taken.").WithLimit(mostBytes);
        }

        IsCompressed = head[0] == 1;
        return RequireMore(come, isAll, Length + (long)length);
    }

    private static long RequireMore(in ReadOnlySequence<byte> come, bool isAll, long length)
    {
        if (isAll && come.Length < length && come.Length > 0)
        {
            throw Malformed($"The last message ends after {come.Length} of {length} bytes, its head included.");
        }

        return length;
    }

    private static ProblemException Malformed(string detail) => new(ProblemKinds.MalformedRequest, detail);
}
