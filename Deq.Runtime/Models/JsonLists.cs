using System.Text.Json;

namespace Deq.Runtime.Models;

/// <summary>Refuses what the serializer does not: null as an entry of a list, where no format of ours has one.</summary>
public static class JsonLists
{
    private static readonly JsonReaderOptions s_lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Looks at every list of a document that has been read.</summary>
    /// <param name="json">The document, with or without a byte order mark; comments and trailing commas are passed over.</param>
    /// <exception cref="JsonException">An entry is null; the exception says where.</exception>
    public static void RefuseNulls(ReadOnlySpan<byte> json)
    {
        json = json.StartsWith("\uFEFF"u8) ? json["\uFEFF"u8.Length..] : json;
        var reader = new Utf8JsonReader(json, s_lenient);
        JsonTokenType before = JsonTokenType.None;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && reader.CurrentDepth > 0 && before != JsonTokenType.PropertyName)
            {
                ReadOnlySpan<byte> passed = json[..(int)reader.TokenStartIndex];
                throw new JsonException("an entry of a list is null", path: null, passed.Count((byte)'\n'), passed.Length - passed.LastIndexOf((byte)'\n') - 1);
            }

            before = reader.TokenType;
        }
    }
}
