using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Tasks.Tensors;
using Deq.Testing;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>docs/bundle-format.md and its schema against the code.</summary>
public sealed class ModelManifestSpecs
{
    private static readonly Dictionary<string, Type> s_records = new()
    {
        ["manifest"] = typeof(ModelManifest),
        ["imageInput"] = typeof(ImageInput),
        ["tensorInput"] = typeof(TensorInput),
        ["frameSizes"] = typeof(FrameSizes),
        ["flowState"] = typeof(FlowState),
        ["reasoningContract"] = typeof(ReasoningContract),
        ["effortLevel"] = typeof(EffortLevel),
        ["modelPart"] = typeof(ModelPart),
        ["tensorContract"] = typeof(TensorContract),
        ["solveDefaults"] = typeof(SolveDefaults),
    };

    public static TheoryData<string> Definitions => [.. s_records.Keys];

    [Theory]
    [MemberData(nameof(Definitions))]
    public void Has_a_schema_of_exactly_the_members_that_are_read(string definition)
    {
        JsonNode schema = JsonNode.Parse(File.ReadAllText(Document("manifest.schema.json")))!;
        JsonObject described = (definition == "manifest" ? schema : schema["$defs"]![definition]!).AsObject();
        PropertyInfo[] members = Members(definition);

        string[] properties = [.. described["properties"]!.AsObject().Select(member => member.Key)];
        string[] required = [.. described["required"]!.AsArray().Select(member => (string)member!)];

        IEnumerable<string> sections = definition == "manifest" ? ModelTasks.All.SelectMany(task => task.Sections) : [];
        Assert.Equal(members.Select(Name).Concat(sections).Order(), properties.Order());
        Assert.Equal(members.Where(IsRequired).Select(Name).Order(), required.Order());
        Assert.False((bool)described["additionalProperties"]!);
    }

    [Fact]
    public void Has_a_schema_that_knows_the_catalogue_of_solvers()
    {
        JsonNode schema = JsonNode.Parse(File.ReadAllText(Document("manifest.schema.json")))!;

        JsonArray solvers = schema["$defs"]!["solveDefaults"]!["properties"]!["solver"]!["enum"]!.AsArray();

        Assert.Equal(FixedPointMethods.Names.Order(), solvers.Select(name => (string)name!).Order());
    }

    [Fact]
    public void Shows_an_example_of_each_task_that_breaks_no_rule()
    {
        string text = File.ReadAllText(Document("bundle-format.md"));
        string[] examples = [.. text.Split("```json\n")[1..].Select(part => part.Split("```")[0])];

        ModelManifest[] manifests = [.. examples.Select(example => JsonSerializer.Deserialize<ModelManifest>(example, ModelManifest.Json)!)];

        Assert.Equal(ModelTasks.All.Select(task => task.Name), manifests.Select(manifest => manifest.Task));
        var faults = new List<string>();
        Assert.All(manifests, manifest => ManifestRules.Check(manifest, ModelTasks.All, faults));
        Assert.Empty(faults);
    }

    [Fact]
    public void Is_written_as_it_was_read()
    {
        string[] shipped = [.. Directory.EnumerateFiles(Repository.Folder("models"), ModelBundle.ManifestFile, SearchOption.AllDirectories)];

        string[] written = [.. shipped.Select(path => JsonSerializer.Serialize(
            JsonSerializer.Deserialize<ModelManifest>(File.ReadAllText(path), ModelManifest.Json), ModelManifest.Json) + "\n")];

        Assert.NotEmpty(shipped);
        Assert.Equal(shipped.Select(File.ReadAllText), written);
    }

    [Theory]
    [MemberData(nameof(Definitions))]
    public void Explains_every_member(string definition)
    {
        string text = File.ReadAllText(Document("bundle-format.md"));

        PropertyInfo[] members = Members(definition);

        Assert.All(members, member => Assert.Contains($"`{Name(member)}`", text, StringComparison.Ordinal));
    }

    private static PropertyInfo[] Members(string definition) =>
        [.. s_records[definition].GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsWritten)];

    private static bool IsWritten(PropertyInfo member) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always }
        && member.GetCustomAttribute<JsonExtensionDataAttribute>() is null;

    private static string Name(PropertyInfo member) =>
        member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    private static bool IsRequired(PropertyInfo member) =>
        member.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null
        || member.GetCustomAttribute<JsonRequiredAttribute>() is not null
        || member.DeclaringType!.GetConstructors().Any(made => made.GetParameters().Any(parameter => parameter.Name == member.Name));

    private static string Document(string name) => Repository.Folder("docs", name);
}
