using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Page;

/// <summary>A file of the page, carried inside the program so that it is there wherever the program is started from.</summary>
/// <param name="Name">Its path below <c>wwwroot</c>, with forward slashes.</param>
/// <param name="ContentType">By its ending.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Tag">Names the content.</param>
internal sealed record PageFile(string Name, string ContentType, byte[] Bytes, EntityTagHeaderValue Tag)
{
    /// <summary>The file at <c>/</c>.</summary>
    public const string Index = "index.html";

    private const string Prefix = "wwwroot/";

    /// <summary>Every file.</summary>
    public static IReadOnlyList<PageFile> ReadAll()
    {
        Assembly assembly = typeof(PageFile).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => Read(assembly, name))];
    }

    /// <summary>The bytes of one of the page's samples.</summary>
    public static byte[] ReadSample(string name) => ReadBytes(typeof(PageFile).Assembly, $"{Prefix}samples/{name}");

    private static PageFile Read(Assembly assembly, string resource)
    {
        byte[] bytes = ReadBytes(assembly, resource);
        string name = resource[Prefix.Length..].Replace('\\', '/');
        return new PageFile(name, TypeOf(name), bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\""));
    }

    private static byte[] ReadBytes(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".png" => "image/png",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
}
