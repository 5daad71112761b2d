using System.Text.Json;

namespace Deq.Runtime.Models;

/// <summary>Reads JSON and refuses what the serializer does not: null instead of the whole, or as an entry of a list, where no format of ours has one.</summary>
public static class StrictJson
{
    private static readonly JsonReaderOptions s_lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads a document.</summary>
    /// <param name="json">All of it, with or without a byte order mark.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="JsonException">It is not as the options and the type want it, or has null where a value belongs.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> json, JsonSerializerOptions options)
        where T : class
    {
        json = json.StartsWith("\uFEFF"u8) ? json["\uFEFF"u8.Length..] : json;
        T read = JsonSerializer.Deserialize<T>(json, options) ?? throw new JsonException("it holds null");
        RefuseNulls(json);
        return read;
    }

    private static void RefuseNulls(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, s_lenient);
        JsonTokenType before = JsonTokenType.None;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && before != JsonTokenType.PropertyName)
            {
                ReadOnlySpan<byte> passed = json[..(int)reader.TokenStartIndex];
                throw new JsonException("an entry of a list is null", path: null, passed.Count((byte)'\n'), passed.Length - passed.LastIndexOf((byte)'\n') - 1);
            }

            before = reader.TokenType;
        }
    }
}
