using System.Buffers.Binary;
using System.Text;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>A request that an endpoint takes, as bytes.</summary>
/// <param name="Name">The endpoint and the kind of body.</param>
/// <param name="Of">Head and body, given the path of a stream.</param>
/// <param name="NeedsStream">Whether it is one to a stream that was opened.</param>
internal sealed record HangUpRequest(string Name, Func<string, (byte[] Head, byte[] Body)> Of, bool NeedsStream = false)
{
    private const string Upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /// <summary>One of every endpoint and kind of body.</summary>
    public static HangUpRequest[] All(ClientAddress client)
    {
        (byte[] image, byte[] next) = Fronts.Frames;
        return
        [
            .. Fronts.All.Select(front => new HangUpRequest(front.Name, _ => (front.Head(client), front.Body))),
            new(
                "frames of a stream",
                stream => (client.Head("POST", stream + "/frames", "image/png", image.Length), [.. image, .. client.Head("POST", stream + "/frames", "image/png", next.Length), .. next]),
                NeedsStream: true),
            new("socket of a stream", stream => (client.Head("GET", stream + "/ws", "text/plain", 0, Upgrade), [.. Message(image), .. Message(next)]), NeedsStream: true),
            Get("stream", stream => stream, needsStream: true),
            .. new[] { "/api/v1/models", "/api/v1/models/flow", "/api/v1/models/flow/stats", "/api/v1/ensembles", "/v2", "/swagger/v1/swagger.json", "/metrics", "/healthz/ready", "/" }
                .Select(path => Get(path, _ => path)),
        ];

        HangUpRequest Get(string name, Func<string, string> path, bool needsStream = false) =>
            new("GET " + name, stream => (Encoding.ASCII.GetBytes($"GET {path(stream)} HTTP/1.1\r\nHost: localhost\r\n\r\n"), []), needsStream);
    }

    /// <summary>A binary message of a WebSocket, masked by zeros.</summary>
    private static byte[] Message(byte[] content)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, content.Length);
        return [0x82, 0xFF, .. length, 0, 0, 0, 0, .. content];
    }
}
