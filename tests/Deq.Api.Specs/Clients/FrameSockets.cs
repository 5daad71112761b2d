using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Microsoft.AspNetCore.TestHost;

namespace Deq.Api.Specs.Clients;

/// <summary>Short ways to speak with a socket on a stream.</summary>
internal static class FrameSockets
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<WebSocket> Connect(StreamServer server, string stream, bool isPath = false, string key = "one")
    {
        WebSocketClient client = server.Server.CreateWebSocketClient();
        client.ConfigureRequest = request => request.Headers["X-Api-Key"] = key;
        return client.ConnectAsync(new Uri($"ws://localhost{stream}{(isPath ? "" : "/ws")}"), Cancellation);
    }

    public static Task Send(WebSocket socket, byte[] frame) => socket.SendAsync(frame, WebSocketMessageType.Binary, true, Cancellation);

    public static Task Text(WebSocket socket, string text) =>
        socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Cancellation);

    public static async Task<JsonElement[]> ReadMany(WebSocket socket, int count)
    {
        var results = new JsonElement[count];
        for (int i = 0; i < count; i++)
        {
            results[i] = await Read(socket);
        }

        return results;
    }

    public static async Task<JsonElement> Read(WebSocket socket)
    {
        (byte[] bytes, WebSocketMessageType type) = await Receive(socket);
        Assert.Equal(WebSocketMessageType.Text, type);
        return JsonElement.Parse(bytes);
    }

    public static async Task<(byte[] Bytes, WebSocketMessageType Type)> Receive(WebSocket socket)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await Bounded.Wait("A message of the socket", async end => await socket.ReceiveAsync(buffer.AsMemory(), end), Cancellation);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return (message.ToArray(), part.MessageType);
    }
}
