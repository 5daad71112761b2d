using System.Buffers.Binary;
using System.Text;
using Deq.Benchmarks.Serving.Door;
using Deq.Testing;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>A request that an endpoint takes, as bytes.</summary>
/// <param name="Name">The endpoint and the kind of body.</param>
/// <param name="Of">Head and body, given the path of a stream.</param>
/// <param name="NeedsStream">Whether it is one to a stream that was opened.</param>
internal sealed record HangUpRequest(string Name, Func<string, (byte[] Head, byte[] Body)> Of, bool NeedsStream = false)
{
    /// <summary>Opens a stream.</summary>
    public const string Opening = """{"model":"flow"}""";

    private const string Api = "/api/v1/models/";
    private const string Picture = "image/png";
    private const string Json = "application/json";
    private const string Form = "multipart/form-data; boundary=x";
    private const string Numbers = "application/octet-stream";
    private const string Binary = """{"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,28,28],"parameters":{"binary_data_size":3136}}]}""";
    private const string Upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /// <summary>One of every endpoint and kind of body.</summary>
    public static HangUpRequest[] All(ClientAddress client)
    {
        byte[] image = AttackImages.Noise(64, 64, 1), next = AttackImages.Noise(64, 64, 2);
        byte[] tensor = new LoadMix(seed: 3).Endless().First().Body;
        byte[] pair = [.. Part("frame1", image), .. Part("frame2", next), .. "--x--\r\n"u8];
        byte[] one = [.. Part("image", image), .. "--x--\r\n"u8];
        return
        [
            Post("classify, picture", Api + "fashion-mnist/classify", Picture, image),
            Post("classify, events", Api + "fashion-mnist/classify?tolerance=1e-6&maxEvaluations=1000", Picture, image, "Accept: text/event-stream\r\n"),
            Post("classify, form", Api + "fashion-mnist/classify", Form, one),
            Post("classify, tensor", Api + "fashion-mnist/classify", Numbers, tensor, $"X-Tensor-Shape: {LoadMix.Shape}\r\n"),
            Post("probe", Api + "fashion-mnist/probe", Picture, image),
            Post("flow", Api + "flow/flow", Form, pair),
            Post("restore", Api + "restore/restore", Form, one),
            Post("reconstruct", Api + "fashion-latent/reconstruct", Form, one),
            Post("reason, JSON", Api + "prefix-sum/reason", Json, """{"input":"1101001010110101","effort":"high"}"""u8.ToArray()),
            Post("reason, text", Api + "maze/reason", "text/plain", File.ReadAllBytes(Path.Combine(Repository.Folder("docs", "samples"), "maze.txt"))),
            Post("ensemble, picture", "/api/v1/ensembles/fashion/classify", Picture, image),
            Post("infer, JSON", ProtocolRequests.Path, Json, Encoding.UTF8.GetBytes(ProtocolRequests.Body(1))),
            Post("infer, bytes", ProtocolRequests.Path, Numbers, [.. Encoding.ASCII.GetBytes(Binary), .. tensor], $"Inference-Header-Content-Length: {Binary.Length}\r\n"),
            Post("streams", "/api/v1/streams", Json, Encoding.ASCII.GetBytes(Opening)),
            new(
                "frames of a stream",
                stream => (client.Head("POST", stream + "/frames", Picture, image.Length), [.. image, .. client.Head("POST", stream + "/frames", Picture, next.Length), .. next]),
                NeedsStream: true),
            new("socket of a stream", stream => (client.Head("GET", stream + "/ws", "text/plain", 0, Upgrade), [.. Message(image), .. Message(next)]), NeedsStream: true),
            Get("stream", stream => stream, needsStream: true),
            .. new[] { "/api/v1/models", "/api/v1/models/flow", "/api/v1/models/flow/stats", "/api/v1/ensembles", "/v2", "/swagger/v1/swagger.json", "/metrics", "/healthz/ready", "/" }
                .Select(path => Get(path, _ => path)),
        ];

        HangUpRequest Post(string name, string path, string type, byte[] body, string further = "") =>
            new(name, _ => (client.Head("POST", path, type, body.Length, further), body));

        HangUpRequest Get(string name, Func<string, string> path, bool needsStream = false) =>
            new("GET " + name, stream => (Encoding.ASCII.GetBytes($"GET {path(stream)} HTTP/1.1\r\nHost: localhost\r\n\r\n"), []), needsStream);
    }

    /// <summary>A part of a form that brings a picture; the boundary is x.</summary>
    public static byte[] Part(string name, byte[] image) =>
    [
        .. Encoding.ASCII.GetBytes($"--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"),
        .. image,
        .. "\r\n"u8,
    ];

    /// <summary>A binary message of a WebSocket, masked by zeros.</summary>
    private static byte[] Message(byte[] content)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, content.Length);
        return [0x82, 0xFF, .. length, 0, 0, 0, 0, .. content];
    }
}
