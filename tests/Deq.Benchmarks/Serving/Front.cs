using System.Net;
using System.Net.Http.Headers;
using Deq.Benchmarks.Serving.Fairness;

namespace Deq.Benchmarks.Serving;

/// <summary>A way into the server, with a good request.</summary>
internal sealed record Front(string Name, string Path, string Type, byte[] Body)
{
    public (string Name, string Value)[] Headers { get; init; } = [];

    public Version Version { get; init; } = HttpVersion.Version11;

    /// <summary>Its head over HTTP/1.1.</summary>
    public byte[] Head(ClientAddress client) => client.Head("POST", Path, Type, Body.Length, string.Concat(Headers.Select(header => $"{header.Name}: {header.Value}\r\n")));

    public HttpRequestMessage Message(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(Type);
        var message = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content, Version = Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach ((string name, string value) in Headers)
        {
            _ = message.Headers.TryAddWithoutValidation(name, value) || content.Headers.TryAddWithoutValidation(name, value);
        }

        if (Version == HttpVersion.Version20)
        {
            message.Headers.TryAddWithoutValidation("TE", "trailers");
        }

        return message;
    }
}
