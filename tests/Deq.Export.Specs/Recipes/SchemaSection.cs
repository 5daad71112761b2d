using System.Text.Json.Nodes;

namespace Deq.Export.Specs.Recipes;

/// <summary>A section of a recipe as its schema describes it.</summary>
/// <param name="Place">Where it stands, such as <c>phases[0].motion</c>; empty for the whole recipe.</param>
/// <param name="Rule">What the schema says of it.</param>
/// <param name="In">Finds it in a recipe, and adds it where it is missing.</param>
internal sealed record SchemaSection(string Place, JsonObject Rule, Func<JsonObject, JsonObject> In)
{
    /// <summary>Its keys, where each stands, and what the schema says of each.</summary>
    public IEnumerable<(string Key, string Place, JsonObject Rule)> Keys =>
        ((JsonObject)Rule["properties"]!).Select(property => (property.Key, PlaceOf(property.Key), RecipeSchema.Resolved(property.Value!)));

    /// <summary>The keys that must be given.</summary>
    public IEnumerable<string> Required => ((Rule["required"] as JsonArray) ?? []).Select(key => (string)key!);

    /// <summary>The recipe itself and every section in it; of a list of sections the first.</summary>
    public static IEnumerable<SchemaSection> AllOf(string task) => new SchemaSection("", RecipeSchema.Of(task), recipe => recipe).WithInner();

    /// <summary>Where a key of it stands.</summary>
    public string PlaceOf(string key) => Place.Length == 0 ? key : $"{Place}.{key}";

    private IEnumerable<SchemaSection> WithInner() => Keys.SelectMany(each => Inner(each.Key, each.Place, each.Rule)?.WithInner() ?? []).Prepend(this);

    private SchemaSection? Inner(string key, string place, JsonObject rule)
    {
        if (rule["properties"] is not null)
        {
            return new SchemaSection(place, rule, recipe => Section(In(recipe), key));
        }

        return rule["items"] is { } items && RecipeSchema.Resolved(items) is var entry && entry["properties"] is not null
            ? new SchemaSection($"{place}[0]", entry, recipe => First(In(recipe), key))
            : null;
    }

    private static JsonObject Section(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject found)
        {
            parent[key] = found = new JsonObject();
        }

        return found;
    }

    private static JsonObject First(JsonObject parent, string key)
    {
        if (parent[key] is not JsonArray { Count: > 0 } list)
        {
            parent[key] = list = new JsonArray(new JsonObject());
        }

        return (JsonObject)list[0]!;
    }
}
