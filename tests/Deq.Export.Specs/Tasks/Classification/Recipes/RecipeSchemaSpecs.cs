using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Export.Recipes;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Classification.Recipes;

/// <summary>The schema that editors complete recipes by says what the reader takes.</summary>
public sealed class RecipeSchemaSpecs
{
    private static readonly JsonObject s_schema = (JsonObject)JsonNode.Parse(File.ReadAllText(Repository.Folder("docs", "recipe.schema.json")))!;

    public static TheoryData<string> Sections =>
        [.. ((JsonObject)s_schema["properties"]!).Where(property => property.Value!["properties"] is not null).Select(property => property.Key)];

    [Fact]
    public void Has_the_keys_of_a_recipe_and_what_must_be_given()
    {
        JsonObject recipe = SmallRecipe.Json();
        recipe["unknown"] = 1;

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(recipe));
        RecipeException none = Assert.Throws<RecipeException>(() => SmallRecipe.Read(new JsonObject()));

        Assert.Equal(Keys(s_schema), KnownIn(fault, "unknown"));
        Assert.Equal(Required(s_schema), none.Faults.Where(line => line.EndsWith("is missing.", StringComparison.Ordinal)).Select(line => line.Split(':')[0]).Order());
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void Has_the_keys_of_every_section_and_what_must_be_given(string name)
    {
        JsonObject recipe = SmallRecipe.Json();
        recipe[name] = new JsonObject { ["unknown"] = 1 };

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(recipe));

        JsonNode section = s_schema["properties"]![name]!;
        Assert.Equal(Keys(section), KnownIn(fault, $"{name}.unknown"));
        Assert.Equal(
            Required(section).Select(key => $"{name}.{key}: is missing."),
            fault.Faults.Where(line => line.StartsWith(name + ".", StringComparison.Ordinal) && line.EndsWith("is missing.", StringComparison.Ordinal)).Order());
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void Has_the_range_of_every_number_and_the_choices_of_every_word(string name)
    {
        foreach ((string key, JsonNode? property) in (JsonObject)s_schema["properties"]![name]!["properties"]!)
        {
            JsonObject recipe = SmallRecipe.Json();
            recipe[name] ??= new JsonObject();
            recipe[name]![key] = new JsonObject();

            RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(recipe));

            string line = Assert.Single(fault.Faults, line => line.StartsWith($"{name}.{key}: must be ", StringComparison.Ordinal));
            Assert.All(Bounds(property!), bound => Assert.Contains(bound, line, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("cifar10.json")]
    [InlineData("fashion-mnist.json")]
    public void Knows_every_key_of_the_recipes_that_ship(string file)
    {
        string path = Repository.Folder("Deq.Export", "Tasks", "Classification", "Recipes", file);
        var recipe = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;

        Assert.Empty(recipe.Select(pair => pair.Key).Except(Keys(s_schema)));
        foreach ((string name, JsonNode? value) in recipe.Where(pair => pair.Value is JsonObject))
        {
            Assert.Empty(((JsonObject)value!).Select(pair => pair.Key).Except(Keys(s_schema["properties"]![name]!)));
        }
    }

    private static IEnumerable<string> Bounds(JsonNode property)
    {
        foreach (string bound in new[] { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems" })
        {
            if (property[bound] is JsonValue number)
            {
                yield return number.GetValue<JsonElement>().GetDouble().ToString(CultureInfo.InvariantCulture);
            }
        }

        foreach (JsonNode? choice in (property["enum"] as JsonArray) ?? [])
        {
            yield return $"\"{choice}\"";
        }
    }

    private static IEnumerable<string> Keys(JsonNode section) => ((JsonObject)section["properties"]!).Select(pair => pair.Key).Order();

    private static IEnumerable<string> Required(JsonNode section) => ((section["required"] as JsonArray) ?? []).Select(key => (string)key!).Order();

    private static IEnumerable<string> KnownIn(RecipeException fault, string place)
    {
        string line = Assert.Single(fault.Faults, line => line.StartsWith(place + ": ", StringComparison.Ordinal));
        return line[(line.IndexOf("Known here: ", StringComparison.Ordinal) + 12)..].TrimEnd('.').Split(", ").Distinct().Order();
    }
}
