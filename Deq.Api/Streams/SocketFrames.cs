using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>A frame that came over a socket.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Bytes">The encoded image.</param>
/// <param name="Share">Accounts for the bytes until it is disposed.</param>
internal sealed record SocketFrame(long Index, byte[] Bytes, HeldBodies.Share Share);

/// <summary>Reads frames from a socket: binary messages, counted from the stream's next index, and texts that set the index of the next.</summary>
/// <param name="socket">Open.</param>
/// <param name="model">The stream's model.</param>
/// <param name="client">Whose share of memory messages take.</param>
/// <param name="next">The index of the first frame.</param>
/// <param name="limits">Bound a message.</param>
/// <param name="bodies">Accounts for the memory.</param>
/// <param name="clock">Measures the time for which a client that has taken more than its rates is held up.</param>
internal sealed class SocketFrames(WebSocket socket, string model, string client, long next, RequestLimits limits, HeldBodies bodies, TimeProvider clock)
{
    /// <summary>Bytes of a text.</summary>
    private const int MostText = 256;

    private long _next = next;

    /// <summary>Waits while the client has taken more than its rates.</summary>
    public async Task WaitForRatesAsync(CancellationToken cancellation)
    {
        while (bodies.WaitOf(client) is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait, clock, cancellation);
        }
    }

    /// <summary>The next frame; null when the other side closes.</summary>
    /// <exception cref="ProblemException">A message is too large, is no frame, or finds no memory.</exception>
    public async Task<SocketFrame?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            HeldBodies.Share share = bodies.OpenInDebt(model, client);
            try
            {
                (byte[] bytes, WebSocketMessageType type) = await ReadMessageAsync(share, cancellation);
                if (type == WebSocketMessageType.Binary)
                {
                    // An index above the largest is refused in the stream's turn, and counting stops there.
                    return new SocketFrame(_next > FrameMessage.MostIndex ? _next : _next++, bytes, share);
                }

                share.Dispose();
                if (type == WebSocketMessageType.Close)
                {
                    return null;
                }

                _next = IndexOf(bytes);
            }
            catch
            {
                share.Dispose();
                throw;
            }
        }
    }

    private async Task<(byte[] Bytes, WebSocketMessageType Type)> ReadMessageAsync(HeldBodies.Share share, CancellationToken cancellation)
    {
        // Of no bytes: a socket that waits for a message holds no memory for it.
        ValueWebSocketReceiveResult begin = await socket.ReceiveAsync(Memory<byte>.Empty, cancellation);
        if (begin.MessageType == WebSocketMessageType.Close || begin.EndOfMessage)
        {
            return ([], begin.MessageType);
        }

        using var bytes = new ArrivedBytes(announced: null, share);
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(bytes.Room(), cancellation);
            int most = part.MessageType == WebSocketMessageType.Text ? MostText : limits.BodyBytes;
            if (bytes.Length + part.Count > most)
            {
                throw new ProblemException(ProblemKinds.BodyTooLarge, $"A message has at most {most} bytes.").WithLimit(most);
            }

            bytes.Advance(part.Count);
            if (part.EndOfMessage)
            {
                return (bytes.ToArray(), part.MessageType);
            }
        }
    }

    private static long IndexOf(byte[] text)
    {
        using JsonDocument json = ClientJson.Parse(text, new JsonDocumentOptions { MaxDepth = 2 }, _ => Malformed());
        return json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.EnumerateObject().ToArray() is [{ Name: "index" } member]
            && member.Value.ValueKind == JsonValueKind.Number
            && member.Value.TryGetInt64(out long index) && index is >= 0 and <= FrameMessage.MostIndex
            ? index
            : throw Malformed();

        static ProblemException Malformed() => new(
            ProblemKinds.MalformedRequest,
            $"A text message sets the index of the next frame, 0 to {FrameMessage.MostIndex}: {{\"index\":7}}. Frames are binary messages.");
    }
}
