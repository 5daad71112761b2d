using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Deq.Export.Specs.Recipes;

/// <summary>What the schema of recipes finds wrong, as an editor would. A keyword that is not understood here is an exception, not passed over.</summary>
internal static class SchemaFaults
{
    /// <summary>The faults of a value, with the place of each; none where it is valid.</summary>
    public static IReadOnlyList<string> Of(JsonNode schema, JsonNode? value) => [.. In(schema, value, "")];

    private static IEnumerable<string> In(JsonNode schema, JsonNode? value, string place) =>
        ((JsonObject)schema).SelectMany(keyword => By(keyword.Key, keyword.Value!, (JsonObject)schema, value, place));

    private static IEnumerable<string> By(string keyword, JsonNode rule, JsonObject schema, JsonNode? value, string place) => keyword switch
    {
        "$schema" or "$defs" or "title" or "description" or "default" or "then" or "else" => [],
        "$ref" => In(RecipeSchema.Resolved(schema), value, place),
        "if" => In(Holds(rule, value) ? schema["then"]! : schema["else"]!, value, place),
        "properties" or "additionalProperties" or "required" => value is JsonObject given ? OfObject(keyword, rule, schema, given, place) : [],
        "items" => value is JsonArray list ? list.SelectMany((entry, index) => In(rule, entry, $"{place}[{index}]")) : [],
        _ => IsFollowed(keyword, rule, value) ? [] : [$"{place}: {keyword} {rule.ToJsonString()}"],
    };

    private static IEnumerable<string> OfObject(string keyword, JsonNode rule, JsonObject schema, JsonObject given, string place) => keyword switch
    {
        "required" => ((JsonArray)rule).Select(key => (string)key!).Where(key => !given.ContainsKey(key)).Select(key => $"{place}.{key}: is missing"),
        "properties" => ((JsonObject)rule).Where(property => given.ContainsKey(property.Key))
            .SelectMany(property => In(property.Value!, given[property.Key], $"{place}.{property.Key}")),
        _ => given.Select(property => property.Key).Where(key => !(bool)rule && schema["properties"]?[key] is null).Select(key => $"{place}.{key}: is no key"),
    };

    private static bool IsFollowed(string keyword, JsonNode rule, JsonNode? value) => keyword switch
    {
        "not" => !Holds(rule, value),
        "anyOf" => ((JsonArray)rule).Any(each => Holds(each!, value)),
        "const" => JsonNode.DeepEquals(rule, value),
        "enum" => ((JsonArray)rule).Any(each => JsonNode.DeepEquals(each, value)),
        "type" => IsOf((string)rule!, value),
        "pattern" => value?.GetValueKind() != JsonValueKind.String
            || Regex.IsMatch((string)value!, (string)rule!, RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking),
        "minItems" => value is not JsonArray list || list.Count >= (int)rule,
        "maxItems" => value is not JsonArray list || list.Count <= (int)rule,
        "minimum" => Number(value) is not { } number || number >= (double)rule,
        "maximum" => Number(value) is not { } number || number <= (double)rule,
        "exclusiveMinimum" => Number(value) is not { } number || number > (double)rule,
        "exclusiveMaximum" => Number(value) is not { } number || number < (double)rule,
        _ => throw new NotSupportedException($"The specs do not understand \"{keyword}\" of a schema."),
    };

    private static bool IsOf(string type, JsonNode? value) => (type, value?.GetValueKind()) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) => true,
        ("number", JsonValueKind.Number) or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => double.IsInteger(Number(value)!.Value),
        _ => false,
    };

    private static bool Holds(JsonNode schema, JsonNode? value) => !In(schema, value, "").Any();

    private static double? Number(JsonNode? value) => value?.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString()) : null;
}
