using System.IO.Compression;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Specs.Clients;

namespace Deq.Api.Specs.Fronts.OpenInference;

/// <summary>Short ways to ask by the protocol and to read what comes back.</summary>
internal static class InferRequests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>JSON, and after it bytes.</summary>
    public static HttpContent Body(string json, byte[]? bytes = null)
    {
        ByteArrayContent content = Calls.Bytes([.. Encoding.UTF8.GetBytes(json), .. bytes ?? []], bytes is null ? "application/json" : "application/octet-stream");
        if (bytes is not null)
        {
            content.Headers.Add(InferRequestReader.LengthHeader, $"{Encoding.UTF8.GetByteCount(json)}");
        }

        return content;
    }

    public static async Task<HttpContent> Compressed(this HttpContent content, string encoding)
    {
        byte[] plain = await content.ReadAsByteArrayAsync(Cancellation);
        using var bytes = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(bytes, CompressionLevel.Fastest) : new ZLibStream(bytes, CompressionLevel.Fastest))
        {
            stream.Write(plain);
        }

        ByteArrayContent compressed = Calls.Bytes(bytes.ToArray(), "application/octet-stream");
        compressed.Headers.ContentEncoding.Add(encoding);
        if (content.Headers.TryGetValues(InferRequestReader.LengthHeader, out IEnumerable<string>? length))
        {
            compressed.Headers.Add(InferRequestReader.LengthHeader, length);
        }

        return compressed;
    }

    public static Task<HttpResponseMessage> Infer(this HttpClient client, string model, string json, byte[]? bytes = null) =>
        client.PostAsync($"/v2/models/{model}/infer", Body(json, bytes), Cancellation);

    /// <summary>A tensor of single-precision numbers as a member of <c>inputs</c>.</summary>
    public static string Input(string name, int[] shape, float[] numbers) =>
        $$"""{"name":"{{name}}","datatype":"FP32","shape":[{{string.Join(',', shape)}}],"data":{{JsonSerializer.Serialize(numbers)}}}""";

    public static JsonElement Output(this JsonElement answer, string name) =>
        answer.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == name);

    public static float[] Numbers(this JsonElement output) => [.. output.GetProperty("data").EnumerateArray().Select(number => number.GetSingle())];

    /// <summary>The JSON of an answer and the bytes after it, decompressed.</summary>
    public static async Task<(JsonElement Json, byte[] Bytes)> Parts(this HttpResponseMessage response)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        if (response.Content.Headers.ContentEncoding.FirstOrDefault() is { } encoding)
        {
            using var compressed = new MemoryStream(body);
            using Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionMode.Decompress) : new ZLibStream(compressed, CompressionMode.Decompress);
            using var plain = new MemoryStream();
            await stream.CopyToAsync(plain, Cancellation);
            body = plain.ToArray();
        }

        int json = response.Headers.TryGetValues(InferRequestReader.LengthHeader, out IEnumerable<string>? length) ? int.Parse(length.Single()) : body.Length;
        return (JsonElement.Parse(Encoding.UTF8.GetString(body[..json])), body[json..]);
    }

    public static byte[] Bytes<T>(T[] numbers)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(numbers).ToArray();

    public static T[] Numbers<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).ToArray();

    public static HttpRequestMessage Accepting(string path, HttpContent content, string encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        return request;
    }
}
