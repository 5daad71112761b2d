using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Tasks.Latent;
using Deq.Export.Tasks.Latent.Training;
using Deq.Export.Tasks.Reasoning;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Tasks.Restoration;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Testing;

namespace Deq.Export.Specs.Recipes;

/// <summary>The schema that editors complete recipes by says what the reader of each task takes.</summary>
public sealed class RecipeSchemaSpecs
{
    private static readonly Dictionary<string, (string Model, Func<string, object> Read)> s_examples = new()
    {
        [ClassifierTask.TaskName] = ("fashion-mnist", ClassifierRecipe.Read),
        [ReasoningTask.TaskName] = ("maze", ReasoningRecipeReader.Read),
        [RestorationTask.TaskName] = ("restore", RestorationRecipeReader.Read),
        [LatentTask.TaskName] = ("fashion-latent", LatentRecipeReader.Read),
        [FlowTask.TaskName] = ("flow", FlowRecipeReader.Read),
    };

    public static TheoryData<string> Tasks => [.. TrainedTasks.OfProgram.All.Select(task => task.Name)];

    public static TheoryData<string> Shipped =>
    [
        .. Directory.EnumerateDirectories(Repository.Folder("models")).Select(model => Path.Combine(model, "recipe.json")).Where(File.Exists)
            .Concat(Directory.EnumerateDirectories(Repository.Folder("Deq.Export", "Tasks")).Select(task => Path.Combine(task, "Recipes")).Where(Directory.Exists)
                .SelectMany(recipes => Directory.EnumerateFiles(recipes, "*.json")))
            .Select(path => Path.GetRelativePath(Repository.Folder(), path)),
    ];

    [Fact]
    public void Names_every_task()
    {
        IEnumerable<string> named = ((JsonArray)RecipeSchema.Root["properties"]!["task"]!["enum"]!).Select(name => (string)name!);

        Assert.Equal(TrainedTasks.OfProgram.All.Select(task => task.Name), named);
        Assert.All(named, task => Assert.Equal(task, (string)RecipeSchema.Of(task)["properties"]!["task"]!["const"]!));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Finds_no_fault_in_recipes_that_ship_and_knows_their_task(string file)
    {
        string path = Repository.Folder(file);
        var recipe = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        string task = TrainedTasks.OfProgram.OfRecipe(path).Name;

        Assert.Empty(SchemaFaults.Of(RecipeSchema.Root, recipe));
        Assert.Empty(SchemaFaults.Of(RecipeSchema.Of(task), recipe));

        foreach (string other in TrainedTasks.OfProgram.All.Select(each => each.Name))
        {
            recipe["task"] = other;
            Assert.Equal(other == task, SchemaFaults.Of(RecipeSchema.Root, recipe).Count == 0);
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Has_the_keys_of_every_section_and_what_must_be_given(string task) => Assert.All(SchemaSection.AllOf(task), section =>
    {
        JsonObject recipe = Example(task);
        JsonObject given = section.In(recipe);
        given.Clear();
        given["unknown"] = 1;

        IReadOnlyList<string> faults = FaultsOf(task, recipe);

        Assert.Equal(section.Keys.Select(each => each.Key).Order(), KnownIn(faults, section.PlaceOf("unknown")));
        Assert.Equal(
            section.Required.Order(),
            section.Keys.Where(each => faults.Any(line => line.StartsWith(each.Place + ": ", StringComparison.Ordinal))).Select(each => each.Key).Order());
        Assert.NotEmpty(SchemaFaults.Of(RecipeSchema.Root, recipe));
    });

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Has_the_range_of_every_number_and_the_choices_of_every_word(string task)
    {
        foreach (SchemaSection section in SchemaSection.AllOf(task))
        {
            foreach ((string key, string place, JsonObject rule) in section.Keys)
            {
                JsonNode wrong = rule["properties"] is null ? new JsonObject() : JsonValue.Create(1);
                Refused(task, section, key, wrong, $"{place}: must be {Expected(rule)}");
                if (rule["items"] is { } items && RecipeSchema.Resolved(items) is var entry && entry["properties"] is null)
                {
                    JsonNode?[] entries = [.. Enumerable.Range(0, (int)rule["minItems"]!).Select(_ => new JsonObject())];
                    Refused(task, section, key, new JsonArray(entries), $"{place}[0]: must be {Expected(entry)}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Has_the_default_of_everything_that_may_be_left_out(string task)
    {
        JsonObject recipe = Example(task);
        string before = JsonSerializer.Serialize(Read(task, recipe));

        GiveDefaults(recipe, RecipeSchema.Of(task));

        Assert.Equal(before, JsonSerializer.Serialize(Read(task, recipe)));
        Assert.Empty(SchemaFaults.Of(RecipeSchema.Root, recipe));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Takes_the_names_and_versions_that_the_reader_takes(string task)
    {
        string[] texts = ["", "a", "A", "-a", "a-", "a b", new('a', 64), new('a', 65), "1.0", "1.0.0", "1.0.0.0", "1234567.0.0", "1.0.0-rc", "ä"];
        foreach ((string key, string text) in texts.SelectMany(text => new[] { ("name", text), ("version", text) }))
        {
            JsonObject recipe = Example(task);
            recipe[key] = text;

            Assert.True((FaultsOf(task, recipe).Count == 0) == (SchemaFaults.Of(RecipeSchema.Root, recipe).Count == 0), $"{key} \"{text}\"");
        }
    }

    private static JsonObject Example(string task) =>
        (JsonObject)JsonNode.Parse(File.ReadAllText(Repository.Folder("models", s_examples[task].Model, "recipe.json")))!;

    private static object Read(string task, JsonObject recipe)
    {
        using TemporaryFolder folder = new();
        return s_examples[task].Read(folder.Write("recipe.json", Encoding.UTF8.GetBytes(recipe.ToJsonString())));
    }

    private static IReadOnlyList<string> FaultsOf(string task, JsonObject recipe)
    {
        try
        {
            Read(task, recipe);
            return [];
        }
        catch (RecipeException fault)
        {
            return fault.Faults;
        }
    }

    private static IEnumerable<string> KnownIn(IReadOnlyList<string> faults, string place)
    {
        string line = Assert.Single(faults, line => line.StartsWith(place + ": ", StringComparison.Ordinal));
        return line[(line.IndexOf("Known here: ", StringComparison.Ordinal) + 12)..].TrimEnd('.').Split(", ").Distinct().Order();
    }

    private static void Refused(string task, SchemaSection section, string key, JsonNode wrong, string fault)
    {
        JsonObject recipe = Example(task);
        section.In(recipe)[key] = wrong;

        Assert.Single(FaultsOf(task, recipe), line => line.StartsWith(fault, StringComparison.Ordinal));
        Assert.NotEmpty(SchemaFaults.Of(RecipeSchema.Root, recipe));
    }

    /// <summary>What the reader says that a value must be, made of what the schema says; of texts with a pattern the reader has its own words.</summary>
    private static string Expected(JsonObject rule) => (string?)rule["type"] switch
    {
        "object" => "an object {…}, not ",
        "boolean" => "true or false, not ",
        "integer" => $"a whole number from {rule["minimum"]} to {rule["maximum"]}, not ",
        "number" => $"a number in {Range(rule)}, not ",
        "array" when RecipeSchema.Resolved(rule["items"]!)["properties"] is null => $"a list […] of {rule["minItems"]} to {rule["maxItems"]} entries, not ",
        "array" => $"a list […] of at most {rule["maxItems"]} sections, not ",
        "string" => rule["pattern"] is null ? "a text, not " : "",
        _ => Words(rule) is [string only] ? $"\"{only}\", not " : $"one of \"{string.Join("\", \"", Words(rule))}\", not ",
    };

    private static NumberRange Range(JsonObject rule) => new(
        (double)(rule["minimum"] ?? rule["exclusiveMinimum"])!, rule["minimum"] is not null, (double)(rule["maximum"] ?? rule["exclusiveMaximum"])!, rule["maximum"] is not null);

    private static string[] Words(JsonObject rule) => rule["const"] is { } only ? [(string)only!] : [.. ((JsonArray)rule["enum"]!).Select(word => (string)word!)];

    /// <summary>Gives every key that a section lacks its default, and sections that may be left out too, unless they must hold something.</summary>
    private static void GiveDefaults(JsonObject section, JsonObject rule)
    {
        foreach ((string key, JsonNode? property) in (JsonObject)rule["properties"]!)
        {
            JsonObject told = RecipeSchema.Resolved(property!);
            if (section[key] is null && told["default"] is { } usual)
            {
                section[key] = usual.DeepClone();
            }
            else if (section[key] is null && told["properties"] is not null && told["required"] is null)
            {
                section[key] = new JsonObject();
            }

            foreach (JsonObject inner in ((section[key] as JsonArray)?.AsEnumerable() ?? [section[key]]).OfType<JsonObject>())
            {
                GiveDefaults(inner, told["items"] is { } items ? RecipeSchema.Resolved(items) : told);
            }
        }
    }
}
