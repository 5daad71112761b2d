using System.Buffers;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Deq.Api.Fronts.Rest;
using Deq.Api.Requests;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Sends answers as JSON, or as JSON followed by bytes.</summary>
internal static class InferAnswerWriter
{
    private const string Json = "application/json";
    private const string Bytes = "application/octet-stream";

    /// <summary>Below this compressing takes longer than sending.</summary>
    private const int LeastCompressed = 1024;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Answers 200, compressed where the request accepts it.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="answer">What is sent.</param>
    /// <param name="mostOnEngineThread">Bytes of outputs that may be written on an engine thread.</param>
    /// <param name="share">The request's; large answers are counted to it.</param>
    /// <exception cref="Problems.ProblemException">The client's share has no room for the answer, of which nothing has been sent.</exception>
    public static async Task WriteAsync(HttpContext http, InferAnswer answer, int mostOnEngineThread, HeldBodies.Share share)
    {
        if (answer.Outputs.Sum(output => (long)output.Tensor.Bytes.Length) > mostOnEngineThread)
        {
            await AnswerWriter.LeaveEngineThreadAsync();
        }

        ArrayBufferWriter<byte> body = Write(answer);
        int json = body.WrittenCount;
        foreach (InferOutput output in answer.Outputs.Where(output => output.SendsBytes))
        {
            body.Write(output.Tensor.Bytes.Span);
        }

        ReadOnlyMemory<byte> sent = body.WrittenMemory;
        string? encoding = sent.Length >= LeastCompressed ? CompressionOf(http.Request) : null;
        if (encoding is not null)
        {
            await AnswerWriter.LeaveEngineThreadAsync();
            sent = Compress(sent.Span, encoding);
        }

        share.AddAnswer(sent.Length);
        bool isMixed = answer.Outputs.Any(output => output.SendsBytes);
        if (isMixed)
        {
            http.Response.Headers[InferRequestReader.LengthHeader] = json.ToString();
        }

        if (encoding is not null)
        {
            http.Response.Headers.ContentEncoding = encoding;
        }

        http.Response.ContentType = isMixed ? Bytes : Json;
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        http.Response.ContentLength = sent.Length;
        await http.SendAsync(sent);
    }

    private static ArrayBufferWriter<byte> Write(InferAnswer answer)
    {
        var body = new ArrayBufferWriter<byte>(1024);
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

    private static byte[] Compress(ReadOnlySpan<byte> body, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream compressing = encoding == InferBody.Gzip
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            compressing.Write(body);
        }

        return compressed.ToArray();
    }

    /// <summary>The encoding that a request wants most of those there are; null where it wants none.</summary>
    private static string? CompressionOf(HttpRequest request) => request.GetTypedHeaders().AcceptEncoding
        .Where(each => each.Value.Value is InferBody.Gzip or InferBody.Deflate && each.Quality is null or > 0)
        .MaxBy(each => each.Quality ?? 1)?.Value.Value;
}
