using System.Net;
using System.Net.Http.Headers;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>A way into the server, with a good request.</summary>
internal sealed record Front(string Name, string Path, string Type, byte[] Body)
{
    public (string Name, string Value)[] Headers { get; init; } = [];

    public Version Version { get; init; } = HttpVersion.Version11;

    public Func<HttpResponseMessage, string, int>? StatusOf { get; init; }

    /// <summary>What is sent around a body.</summary>
    public Func<byte[], byte[]> Framed { get; init; } = body => body;

    public HttpRequestMessage Message(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(Type);
        var message = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content, Version = Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach ((string name, string value) in Headers)
        {
            content.Headers.TryAddWithoutValidation(name, value);
        }

        if (Version == HttpVersion.Version20)
        {
            message.Headers.TryAddWithoutValidation("TE", "trailers");
        }

        return message;
    }
}
