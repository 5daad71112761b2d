using System.Buffers;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Makes requests of messages: what they become is counted before, and compressed or large ones are read on the threads for it.</summary>
internal sealed class MessageParsing(InferBody bodies, DecodingThreads threads)
{
    /// <summary>The request that a message is. One that cannot be read, lists too much or finds no room fails with a status.</summary>
    /// <param name="message">The last one that has come.</param>
    /// <param name="type">What it is read as, the description of <typeparamref name="T"/>.</param>
    /// <param name="call">Whose it is.</param>
    public Task<T> ParseAsync<T>(UnreadMessage message, MessageDescriptor type, ServerCallContext call)
        where T : class => RpcProblems.CatchAsync(call, async () =>
        {
            ArrivingMessages messages = ArrivingMessages.Of(call.GetHttpContext());
            byte[] come = message.Take();
            string encoding = messages.Encoding;
            return encoding.Length == 0 && come.Length <= DecodingThreads.MostInPlace
                ? Parse()
                : await threads.RunAsync(messages.Share.Client, Parse, call.CancellationToken);

            T Parse() => (T)Parsed(come, encoding, type, messages);
        });

    private IMessage Parsed(byte[] come, string encoding, MessageDescriptor type, ArrivingMessages messages)
    {
        HeldBodies.Share share = messages.Share;
        byte[] plain = come.Length > 0 ? bodies.Decompress(come, encoding, share) : come;
        messages.PlainBytes = plain.Length;
        share.Add(ListedFields.Require(new ReadOnlySequence<byte>(plain), type));
        try
        {
            // Fields that are not known are objects too, and not counted.
            return type.Parser.WithDiscardUnknownFields(true).ParseFrom(plain);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, $"The message cannot be read: {fault.Message}");
        }
        finally
        {
            // What came compressed is not needed any more; what came plain is counted as what was made of it.
            share.Remove(encoding.Length > 0 ? come.Length : 0);
        }
    }
}

/// <summary>A message that has come whole, and has been neither decompressed nor parsed.</summary>
internal sealed class UnreadMessage(byte[] bytes)
{
    private byte[]? _bytes = bytes;

    /// <summary>Its bytes, called once. They are not kept here, since the framework keeps the message while its request is answered.</summary>
    public byte[] Take()
    {
        byte[] taken = _bytes!;
        _bytes = null;
        return taken;
    }
}
