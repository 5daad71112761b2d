using System.Text.RegularExpressions;
using System.Xml.Linq;
using Deq.Testing;

namespace Deq.Runtime.Specs;

/// <summary>What the compiler cannot check about who may know whom: read from the sources.</summary>
public sealed partial class LayeringSpecs
{
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";

    private static readonly string Root = Repository.Folder();

    public static TheoryData<string> FoldersWithoutOnnxRuntime =>
    [
        "Deq.Api",
        .. Directory.GetDirectories(Path.Combine(Root, "Deq.Runtime"))
            .Select(folder => $"Deq.Runtime/{Path.GetFileName(folder)}")
            .Where(folder => folder is not ("Deq.Runtime/Onnx" or "Deq.Runtime/Bundles" or "Deq.Runtime/bin" or "Deq.Runtime/obj"))
            .Where(folder => Sources(folder).Any()),
    ];

    [Theory]
    [InlineData("Deq.Runtime")]
    [InlineData("Deq.Api")]
    public void Serving_never_mentions_TorchSharp(string project)
    {
        IEnumerable<string> files = Sources(project).Append(Path.Combine(Root, project, $"{project}.csproj"));

        Assert.Empty(Mentions(files, "TorchSharp", "libtorch"));
    }

    [Theory, MemberData(nameof(FoldersWithoutOnnxRuntime))]
    public void Only_sessions_and_bundles_mention_ONNX_Runtime(string folder)
    {
        IEnumerable<string> files = Sources(folder);

        Assert.Empty(Mentions(files, OnnxRuntime));
    }

    [Fact]
    public void A_method_knows_neither_clock_nor_logger_nor_map()
    {
        string[] methods = [.. Sources("Deq.Runtime/FixedPoints").Where(file => MethodFile().IsMatch(Path.GetFileName(file)))];

        Assert.True(methods.Length >= 4, $"Only {methods.Length} files look like methods.");
        Assert.Empty(Mentions(methods, "TimeProvider", "Stopwatch", "DateTime", "ILogger", "IFixedPointMap"));
    }

    [Theory]
    [InlineData("Deq.Runtime/Deq.Runtime.csproj")]
    [InlineData("Deq.Api/Deq.Api.csproj", "Deq.Runtime")]
    [InlineData("Deq.Export/Deq.Export.csproj", "Deq.Runtime")]
    [InlineData("tests/Deq.Testing/Deq.Testing.csproj", "Deq.Runtime")]
    [InlineData("tests/Deq.Runtime.Specs/Deq.Runtime.Specs.csproj", "Deq.Runtime", "Deq.Testing")]
    public void Projects_refer_to_each_other_as_designed(string project, params string[] expected)
    {
        XDocument file = XDocument.Load(Path.Combine(Root, project));

        IEnumerable<string> references = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

        Assert.Equal(expected, references.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Deq.Runtime")]
    [InlineData("Deq.Api")]
    [InlineData("Deq.Export")]
    public void Nothing_static_is_mutable(string project)
    {
        IEnumerable<string> found = Sources(project).SelectMany(file => StaticState().Matches(File.ReadAllText(file))
            .Select(match => $"{Path.GetRelativePath(Root, file)}: {match.Value.Trim()}"));

        Assert.Empty(found);
    }

    [Theory]
    [InlineData("    private static int _count;", true)]
    [InlineData("    internal static List<int>? Seen = [];", true)]
    [InlineData("    public static int Count { get; set; }", true)]
    [InlineData("    private static readonly Dictionary<string, int> Registry = [];", true)]
    [InlineData("    private static readonly ConcurrentDictionary<string, int> Registry = new();", true)]
    [InlineData("    private static readonly double[] Weights = [1, 2];", false)]
    [InlineData("    public static IReadOnlyList<int> All { get; } = [1];", false)]
    [InlineData("    private static double Square(double z) => z * z;", false)]
    [InlineData("    public static int Count => 3;", false)]
    [InlineData("public static class FixedPoint", false)]
    [InlineData("internal static class Folder\n{\n    the set;\n}", false)]
    [InlineData("    public const int Count = 3;", false)]
    public void A_line_of_static_state_is_told_from_others(string line, bool isState) => Assert.Equal(isState, StaticState().IsMatch(line));

    /// <summary>A static field that is not readonly, a static property with a setter, or a readonly collection that can be added to.</summary>
    [GeneratedRegex(
        @"^\s*(?:public|private|internal|protected)[\w ]*\sstatic\s+(?!class|record|struct|partial|event|delegate|extern)"
        + @"(?:(?!readonly)(?:volatile\s+)?[^(){}=;]+(?:=(?!>)[^;\n]*)?;"
        + @"|[^(){}=;]+\{[^{}]*\bset;|readonly\s+(?:Concurrent\w+|Dictionary|List|HashSet|SortedDictionary|Queue|Stack)<)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 60_000)]
    private static partial Regex StaticState();

    [GeneratedRegex(@"(Iteration|Acceleration|Method|Weights|History)\.cs$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex MethodFile();

    private static IEnumerable<string> Mentions(IEnumerable<string> files, params string[] words) => files.SelectMany(file =>
    {
        string text = File.ReadAllText(file);
        return words.Where(word => text.Contains(word, StringComparison.Ordinal))
            .Select(word => $"{Path.GetRelativePath(Root, file)} mentions {word}");
    });

    private static IEnumerable<string> Sources(string folder)
    {
        string path = Path.Combine(Root, folder);
        return !Directory.Exists(path) ? [] : Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
    }
}
