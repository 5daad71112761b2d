using System.Buffers;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Deq.Api.Fronts.Rest;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Sends answers as JSON, or as JSON followed by bytes.</summary>
internal static class InferAnswerWriter
{
    private const string Json = "application/json";
    private const string Bytes = "application/octet-stream";

    /// <summary>Below this compressing takes longer than sending.</summary>
    private const int LeastCompressed = 1024;

    /// <summary>Bytes of the memory that a small answer is written into, beside its elements.</summary>
    private const int FirstBytes = 1024;

    /// <summary>Bytes of an answer beside its outputs, with what the writer of JSON wants free behind them; of an output beside its elements; and of a character of the client's id.</summary>
    private const long HeadBytes = 8 << 10;
    private const long OutputBytes = 512;
    private const long EscapedBytes = 6;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Answers 200, compressed where the request accepts it.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="answer">What is sent.</param>
    /// <param name="threads">Write what is too large for the current thread.</param>
    /// <param name="share">The request's; large answers are counted to it before they are written.</param>
    /// <exception cref="Problems.ProblemException">The client's share has no room for the answer, or too much of the client's waits; nothing has been sent.</exception>
    public static async Task WriteAsync(HttpContext http, InferAnswer answer, DecodingThreads threads, HeldBodies.Share share)
    {
        string? wanted = CompressionOf(http.Request);
        long elements = answer.Outputs.Sum(output => MostBytes(output)) + (EscapedBytes * (answer.Id?.Length ?? 0L));
        WrittenAnswer written = elements > DecodingThreads.MostInPlace
            ? await WriteLargeAsync(http, answer, elements + HeadBytes + (OutputBytes * answer.Outputs.Count), wanted, threads, share)
            : await WriteSmallAsync(answer, (int)elements, wanted, share);
        bool isMixed = answer.Outputs.Any(output => output.SendsBytes);
        if (isMixed)
        {
            http.Response.Headers[InferRequestReader.LengthHeader] = written.JsonBytes.ToString();
        }

        if (written.Encoding is not null)
        {
            http.Response.Headers.ContentEncoding = written.Encoding;
        }

        http.Response.ContentType = isMixed ? Bytes : Json;
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        http.Response.ContentLength = written.Body.Length;
        await http.SendAsync(written.Body);
    }

    private static async Task<WrittenAnswer> WriteSmallAsync(InferAnswer answer, int elements, string? wanted, HeldBodies.Share share)
    {
        ArrayBufferWriter<byte> body = Write(answer, elements + FirstBytes, out int json);
        string? encoding = body.WrittenCount >= LeastCompressed ? wanted : null;
        if (encoding is null)
        {
            share.AddAnswer(body.WrittenCount);
            return new WrittenAnswer(body.WrittenMemory, json, null);
        }

        await AnswerWriter.LeaveEngineThreadAsync();
        ReadOnlyMemory<byte> compressed = Compress(body.WrittenSpan, encoding, body.WrittenCount);
        share.AddAnswer(compressed.Length);
        return new WrittenAnswer(compressed, json, encoding);
    }

    private static Task<WrittenAnswer> WriteLargeAsync(
        HttpContext http, InferAnswer answer, long most, string? encoding, DecodingThreads threads, HeldBodies.Share share)
    {
        share.Add(most);
        TimeProvider clock = http.RequestServices.GetRequiredService<TimeProvider>();
        return AnswerWait.Of(http).RunAsync(threads, share.Client, clock, () => WriteCounted(answer, most, encoding, share), ClientConnection.GoneOf(http));
    }

    /// <summary>Writes an answer for which the share has room, and corrects that to the memory that it keeps.</summary>
    private static WrittenAnswer WriteCounted(InferAnswer answer, long counted, string? encoding, HeldBodies.Share share)
    {
        ArrayBufferWriter<byte> body = Write(answer, (int)Math.Min(counted, Array.MaxLength), out int json);
        share.Add(Math.Max(0, body.Capacity - counted));
        if (encoding is null)
        {
            return new WrittenAnswer(body.WrittenMemory, json, null);
        }

        // What cannot be compressed becomes a little longer.
        int most = (int)Math.Min(body.WrittenCount + (body.WrittenCount / 64L) + FirstBytes, Array.MaxLength);
        share.Add(most);
        ReadOnlyMemory<byte> compressed = Compress(body.WrittenSpan, encoding, most);
        share.Remove(Math.Max(counted, body.Capacity));
        return new WrittenAnswer(compressed, json, encoding);
    }

    /// <summary>Bytes of an output's elements as they are sent, at most.</summary>
    private static long MostBytes(InferOutput output) => output.SendsBytes ? output.Tensor.Bytes.Length : TensorJson.MostBytes(output.Tensor);

    /// <summary>The JSON, and after it the elements that are sent as bytes.</summary>
    private static ArrayBufferWriter<byte> Write(InferAnswer answer, int capacity, out int json)
    {
        ArrayBufferWriter<byte> body = WriteJson(answer, capacity);
        json = body.WrittenCount;
        foreach (InferOutput output in answer.Outputs.Where(output => output.SendsBytes))
        {
            body.Write(output.Tensor.Bytes.Span);
        }

        return body;
    }

    private static ArrayBufferWriter<byte> WriteJson(InferAnswer answer, int capacity)
    {
        var body = new ArrayBufferWriter<byte>(capacity);
        using var writer = new Utf8JsonWriter(body, s_options);
        writer.WriteStartObject();
        writer.WriteString("model_name", answer.Model);
        writer.WriteString("model_version", answer.Version);
        if (answer.Id is not null)
        {
            writer.WriteString("id", answer.Id);
        }

        writer.WriteStartObject("parameters");
        foreach ((string name, object value) in answer.Parameters)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, value.GetType());
        }

        writer.WriteEndObject();
        writer.WriteStartArray("outputs");
        foreach (InferOutput output in answer.Outputs)
        {
            Write(writer, output);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return body;
    }

    private static void Write(Utf8JsonWriter writer, InferOutput output)
    {
        writer.WriteStartObject();
        writer.WriteString("name", output.Tensor.Name);
        writer.WriteString("datatype", output.Tensor.Type.Name);
        writer.WriteStartArray("shape");
        foreach (long extent in output.Tensor.Shape)
        {
            writer.WriteNumberValue(extent);
        }

        writer.WriteEndArray();
        if (output.SendsBytes)
        {
            writer.WriteStartObject("parameters");
            writer.WriteNumber("binary_data_size", output.Tensor.Bytes.Length);
            writer.WriteEndObject();
        }
        else
        {
            writer.WritePropertyName("data");
            TensorJson.Write(writer, output.Tensor);
        }

        writer.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> body, string encoding, int capacity)
    {
        using var compressed = new MemoryStream(capacity);
        using (Stream compressing = encoding == InferBody.Gzip
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            compressing.Write(body);
        }

        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    /// <summary>The encoding that a request wants most of those there are; null where it wants none.</summary>
    private static string? CompressionOf(HttpRequest request) => request.GetTypedHeaders().AcceptEncoding
        .Where(each => each.Value.Value is InferBody.Gzip or InferBody.Deflate && each.Quality is null or > 0)
        .MaxBy(each => each.Quality ?? 1)?.Value.Value;

    /// <summary>An answer as it is sent.</summary>
    /// <param name="Body">All of it.</param>
    /// <param name="JsonBytes">How much of it was JSON before it was compressed.</param>
    /// <param name="Encoding">How it is compressed; null where it is not.</param>
    private readonly record struct WrittenAnswer(ReadOnlyMemory<byte> Body, int JsonBytes, string? Encoding);
}
