using System.Text.Json;
using System.Text.Unicode;
using Deq.Api.Problems;
using Deq.Runtime.Models;

namespace Deq.Api.Requests;

/// <summary>JSON of clients. Everything that can be wrong with its text is found here, and is one problem.</summary>
/// <remarks>
/// System.Text.Json checks escapes and UTF-8 only where a text is decoded: in a document a lone surrogate passes as JSON, and then throws an
/// <see cref="InvalidOperationException"/> wherever the text is read, compared with other names or written. What is read into a value is decoded at once.
/// </remarks>
internal static class ClientJson
{
    /// <summary>Levels of objects and arrays where the options do not say, as in System.Text.Json.</summary>
    private const int DefaultDepth = 64;

    /// <summary>The text without a byte order mark, which editors of some systems write and no parser of documents takes.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json["\uFEFF"u8.Length..] : json;

    /// <summary>A document whose texts can all be decoded.</summary>
    /// <param name="json">All of it, with or without a byte order mark.</param>
    /// <param name="options">How it is parsed.</param>
    /// <param name="refuse">The problem, given what is wrong as a clause.</param>
    /// <exception cref="ProblemException">What <paramref name="refuse"/> gives.</exception>
    public static JsonDocument Parse(byte[] json, JsonDocumentOptions options, Func<string, ProblemException> refuse)
    {
        try
        {
            ReadOnlyMemory<byte> text = json.AsMemory(json.Length - WithoutMark(json).Length);
            Check(text.Span, options.MaxDepth);
            return JsonDocument.Parse(text, options);
        }
        catch (JsonException fault)
        {
            throw refuse(ClauseOf(fault));
        }
    }

    /// <summary>A value whose texts can all be decoded, without null in its lists.</summary>
    /// <param name="json">All of it, with or without a byte order mark.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="refuse">The problem, given what is wrong as a clause.</param>
    /// <exception cref="ProblemException">What <paramref name="refuse"/> gives.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> json, JsonSerializerOptions options, Func<string, ProblemException> refuse)
        where T : class
    {
        try
        {
            return StrictJson.Deserialize<T>(json, options);
        }
        catch (JsonException fault)
        {
            throw refuse(ClauseOf(fault));
        }
    }

    /// <summary>The text or the member's name at which a reader stands.</summary>
    /// <exception cref="JsonException">It is no Unicode text.</exception>
    public static string TextOf(ref readonly Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw new JsonException("a text in it is not valid Unicode", fault);
        }
    }

    /// <summary>What is wrong, as a clause without a subject of its own: <c>it is no JSON, …</c>.</summary>
    public static string ClauseOf(JsonException fault) =>
        fault.LineNumber is { } line ? $"it is no JSON as expected, seen at line {line + 1}, byte {fault.BytePositionInLine + 1}"
        : fault.Message.TrimEnd('.');

    private static void Check(ReadOnlySpan<byte> json, int depth)
    {
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("it is not valid UTF-8");
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = depth == 0 ? DefaultDepth : depth });
        bool hasEscapes = json.Contains((byte)'\\');
        while (hasEscapes && reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                TextOf(ref reader);
            }
        }
    }
}
