using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Documentation;

/// <summary>Has the API document list the words that a member of an answer may be.</summary>
internal static class KnownWords
{
    /// <summary>Lists the words of a member of an answer whose schema is registered.</summary>
    /// <typeparam name="TAnswer">The answer.</typeparam>
    /// <param name="schemas">Where it is registered.</param>
    /// <param name="member">The member, as JSON names it.</param>
    /// <param name="words">All that it may be, from the catalogue of those who write it; null is added where it may be null.</param>
    public static void Choose<TAnswer>(this SchemaRepository schemas, string member, IReadOnlyList<string> words)
    {
        if (schemas.Schemas[typeof(TAnswer).Name].Properties?[member] is OpenApiSchema schema)
        {
            schema.Choose(words);
        }
    }

    /// <summary>Lists the words of a member. Null is one of the listed values where the schema allows it: a validator takes no value that is not listed.</summary>
    public static void Choose(this OpenApiSchema schema, IReadOnlyList<string> words)
    {
        List<JsonNode> listed = [.. words.Select(word => JsonValue.Create(word))];
        if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Null))
        {
            listed.Add(JsonNullSentinel.JsonNull);
        }

        schema.Enum = listed;
    }
}
