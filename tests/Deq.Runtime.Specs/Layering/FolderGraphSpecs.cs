using System.Text.RegularExpressions;

namespace Deq.Runtime.Specs.Layering;

/// <summary>Which folder may use which, and that tasks stay in their rooms: read from usings and the names of types.</summary>
public sealed partial class FolderGraphSpecs
{
    private static readonly IReadOnlyList<SourceFile> s_product = SourceFile.Product();

    /// <summary>What each first-level folder of the runtime may use.</summary>
    private static readonly Dictionary<string, string[]> s_runtime = new()
    {
        ["FixedPoints"] = [],
        ["States"] = ["FixedPoints"],
        ["Implicit"] = ["FixedPoints"],
        ["Models"] = ["FixedPoints"],
        ["Scheduling"] = ["FixedPoints", "Models"],
        ["Onnx"] = ["FixedPoints", "Implicit", "Models", "States"],
        ["Imaging"] = ["Models"],
        ["Trust"] = ["FixedPoints", "Models"],
        ["Tasks"] = ["FixedPoints", "Imaging", "Models", "Onnx", "Scheduling", "Trust"],
        ["Bundles"] = ["FixedPoints", "Models", "Onnx", "Tasks"],
    };

    /// <summary>The folders of the other projects from the bottom up: each may use those before it.</summary>
    private static readonly Dictionary<string, string[]> s_layers = new()
    {
        ["Deq.Api"] =
        [
            "Problems", "Settings", "Access", "Requests", "Models", "Health", "Observability", "Solving", "Documentation", "Streams", "Page", "Tasks",
            "Ensembles", "Fronts", "",
        ],
        ["Deq.Export"] =
        [
            "Build", "CommandLine", "Datasets", "Evaluation", "Plots", "RandomNumbers", "Recipes", "Torch", "Crowds", "Graphs", "Solving", "Gradients",
            "Training", "Bundling", "Packing", "Verification", "Tasks", "Commands", "",
        ],
    };

    public static TheoryData<string> Projects => [.. SourceFile.Projects];

    [Theory, MemberData(nameof(Projects))]
    public void Folders_use_only_those_below_them(string project)
    {
        string[] found = [.. Edges(project).Where(edge => !IsAllowed(project, edge.From, edge.To)).Select(edge => $"{edge.From} -> {edge.To}").Distinct()];

        Assert.Empty(found);
    }

    [Fact]
    public void Allowed_edges_of_the_runtime_have_no_cycle()
    {
        var left = s_runtime.ToDictionary();
        while (left.Where(folder => !folder.Value.Any(left.ContainsKey)).Select(folder => folder.Key).ToArray() is { Length: > 0 } bottom)
        {
            Array.ForEach(bottom, folder => left.Remove(folder));
        }

        Assert.Empty(left);
    }

    [Theory, MemberData(nameof(Projects))]
    public void Nothing_outside_of_tasks_names_a_task(string project)
    {
        string[] found = [.. s_product.Where(file => file.Project == project && file.Folder != "Tasks" && TaskWord().IsMatch(file.Code)).Select(file => file.Path)];

        Assert.Empty(found);
    }

    [Theory, MemberData(nameof(Projects))]
    public void A_task_never_names_another(string project)
    {
        string[] found =
        [
            .. from file in s_product
               where file.Project == project && file.Path.Split('/') is [_, "Tasks", _, _, ..]
               from word in OtherTask().Matches(file.Code).Select(match => match.Groups["task"].Value)
               where word != file.Path.Split('/')[2]
               select file.Path,
        ];

        Assert.Empty(found.Distinct());
    }

    private static bool IsAllowed(string project, string from, string to) => project == "Deq.Runtime"
        ? s_runtime.TryGetValue(from, out string[]? below) && below.Contains(to)
        : Array.IndexOf(s_layers[project], to) is >= 0 and int place && place < Array.IndexOf(s_layers[project], from);

    private static IEnumerable<(string From, string To)> Edges(string project)
    {
        SourceFile[] files = [.. s_product.Where(file => file.Project == project)];
        ILookup<string, SourceFile> owners = files.SelectMany(file => file.Types.Select(type => (type, file))).ToLookup(pair => pair.type, pair => pair.file);
        return from file in files
               from word in Identifier().Matches(file.Code).Select(match => match.Value).Distinct()
               from owner in owners[word]
               where owner.Folder != file.Folder && file.Sees(owner.Namespace)
               select (file.Folder, owner.Folder);
    }

    /// <summary>A word of a task's name as a hump of an identifier or a part of a namespace.</summary>
    [GeneratedRegex(@"Classif|\bclassif|Flow(?![a-z])|\bflow(?![a-z])|Optical|Restoration|Reasoning|Reasoner", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex TaskWord();

    [GeneratedRegex(@"\bTasks\.(?<task>[A-Z]\w*)", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex OtherTask();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*|(?<=\.)[A-Z]\w*", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Identifier();
}
