using System.Text.Json.Nodes;
using Deq.Testing;

namespace Deq.Export.Specs.Recipes;

/// <summary>The schema by which editors complete the keys of recipes.</summary>
internal static class RecipeSchema
{
    private const string Definitions = "$defs";

    /// <summary>The whole of it.</summary>
    public static JsonObject Root { get; } = (JsonObject)JsonNode.Parse(File.ReadAllText(Repository.Folder("docs", "recipe.schema.json")))!;

    /// <summary>What it says of recipes of a task.</summary>
    public static JsonObject Of(string task) => (JsonObject)Root[Definitions]![task]!;

    /// <summary>What a part of it says, or what the definition says that it refers to.</summary>
    public static JsonObject Resolved(JsonNode part) =>
        part["$ref"] is { } reference ? Resolved(Root[Definitions]![((string)reference!)[$"#/{Definitions}/".Length..]]!) : (JsonObject)part;
}
