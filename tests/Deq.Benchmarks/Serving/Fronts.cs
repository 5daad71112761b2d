using System.Net;
using System.Text;
using Deq.Benchmarks.Serving.Door;
using Deq.Benchmarks.Serving.Fairness;
using Deq.Testing;
using SkiaSharp;

namespace Deq.Benchmarks.Serving;

/// <summary>A good request of every endpoint that takes a body, and of every kind of body, over the models that ship.</summary>
internal static class Fronts
{
    /// <summary>Opens a stream.</summary>
    public const string Opening = """{"model":"flow"}""";

    private const string Api = "/api/v1/models/";
    private const string Picture = "image/png";
    private const string Json = "application/json";
    private const string Form = "multipart/form-data; boundary=x";
    private const string Numbers = "application/octet-stream";
    private const string Binary = """{"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,28,28],"parameters":{"binary_data_size":3136}}]}""";

    private static readonly byte[] s_image = AttackImages.Noise(64, 64, 1);
    private static readonly byte[] s_next = AttackImages.Noise(64, 64, 2);
    private static readonly byte[] s_tensor = new LoadMix(seed: 3).Endless().First().Body;

    /// <summary>Every one over HTTP/1.1.</summary>
    public static Front[] All { get; } =
    [
        new("classify, picture", Api + "fashion-mnist/classify", Picture, s_image),
        new("classify, events", Api + "fashion-mnist/classify?tolerance=1e-6&maxEvaluations=1000", Picture, s_image) { Headers = [("Accept", "text/event-stream")] },
        new("classify, form", Api + "fashion-mnist/classify", Form, [.. Part("image", s_image), .. Field("top", "3"), .. End]),
        new("classify, tensor", Api + "fashion-mnist/classify", Numbers, s_tensor) { Headers = [("X-Tensor-Shape", LoadMix.Shape)] },
        new("probe", Api + "fashion-mnist/probe", Picture, s_image),
        new("flow", Api + "flow/flow", Form, [.. Part("frame1", s_image), .. Part("frame2", s_next), .. End]),
        new("restore", Api + "restore/restore", Form, [.. Part("image", s_image), .. End]),
        new("reconstruct", Api + "fashion-latent/reconstruct", Form, [.. Part("image", s_image), .. End]),
        new("reason, JSON", Api + "prefix-sum/reason", Json, """{"input":"1101001010110101","effort":"high"}"""u8.ToArray()),
        new("reason, text", Api + "maze/reason", "text/plain", File.ReadAllBytes(Path.Combine(Repository.Folder("docs", "samples"), "maze.txt"))),
        new("ensemble, picture", "/api/v1/ensembles/fashion/classify", Picture, s_image),
        new("infer, JSON", $"/v2/models/{DoorServer.Model}/infer", Json, Encoding.UTF8.GetBytes(ProtocolRequests.Body(1))),
        new("infer, bytes", $"/v2/models/{DoorServer.Model}/infer", Numbers, [.. Encoding.ASCII.GetBytes(Binary), .. s_tensor]) { Headers = [("Inference-Header-Content-Length", $"{Binary.Length}")] },
        new("streams", "/api/v1/streams", Json, Encoding.ASCII.GetBytes(Opening)),
    ];

    /// <summary>Further kinds of the same bodies, of which changed bytes reach deeper: without checksums, and with every field.</summary>
    public static Front[] Deeper { get; } =
    [
        new("classify, JPEG", Api + "fashion-mnist/classify", "image/jpeg", Encoded(SKEncodedImageFormat.Jpeg)),
        new("classify, WebP", Api + "fashion-mnist/classify", "image/webp", Encoded(SKEncodedImageFormat.Webp)),
        new("restore, blurred", Api + "restore/restore", Form,
            [.. Part("image", s_image), .. Part("kernel", "[[1,2,1],[2,4,2],[1,2,1]]"u8.ToArray(), Json), .. Field("sigma", "2"), .. Field("lambda", "1"), .. Field("maxEvaluations", "8"), .. End]),
        new("reason, all fields", Api + "sudoku/reason", Json,
            """{"inputs":["53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"],"starts":2,"select":"majority","seed":7,"maxEvaluations":12,"effort":"low"}"""u8.ToArray()),
        new("reason, numbers", Api + "prefix-sum/reason", Json, """{"input":[1,1,0,1,0,0,1],"tolerance":0.01,"deadlineMs":2000}"""u8.ToArray()),
        new("feedback", "/api/v1/ensembles/fashion/feedback", Json, """{"answer":"3e2f1c","label":"Coat"}"""u8.ToArray()),
        new("infer, frames of a sequence", "/v2/models/flow/infer", Json, Encoding.UTF8.GetBytes(
            $$$"""{"parameters":{"sequence_id":7,"sequence_start":true,"deq_max_evaluations":4},"inputs":[{{{Frame(1)}}},{{{Frame(2)}}}]}""")),
        new("infer, Sudoku", "/v2/models/sudoku/infer", Json, Encoding.UTF8.GetBytes(
            $$$"""{"id":"42","parameters":{"deq_max_evaluations":8},"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,9,9],"data":[{{{string.Join(',', Enumerable.Range(0, 81).Select(place => place % 10))}}}]}]}""")),
    ];

    /// <summary>gRPC, at an address of its own.</summary>
    public static Front Rpc(string address) => new("infer, gRPC", address + RpcRequests.Path, RpcRequests.Type, RpcRequests.Framed(RpcRequests.Body(s_tensor))) { Version = HttpVersion.Version20 };

    /// <summary>Two pictures, as frames of a stream.</summary>
    public static (byte[] First, byte[] Second) Frames => (s_image, s_next);

    /// <summary>The end of a form.</summary>
    public static ReadOnlySpan<byte> End => "--x--\r\n"u8;

    /// <summary>A part of a form that brings a file; the boundary is x.</summary>
    public static byte[] Part(string name, byte[] content, string type = Picture) =>
    [
        .. Encoding.ASCII.GetBytes($"--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\nContent-Type: {type}\r\n\r\n"),
        .. content,
        .. "\r\n"u8,
    ];

    private static byte[] Field(string name, string value) => Encoding.ASCII.GetBytes($"--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");

    /// <summary>A frame of 24 × 24 pixels as an input of the protocol.</summary>
    private static string Frame(int number) =>
        $$"""{"name":"frame{{number}}","datatype":"UINT8","shape":[1,24,24,3],"data":[{{string.Join(',', Enumerable.Range(0, 24 * 24 * 3).Select(place => (place * 37 + number) % 256))}}]}""";

    private static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = SKBitmap.Decode(s_image);
        using SKData data = bitmap.Encode(format, 90);
        return data.ToArray();
    }
}
