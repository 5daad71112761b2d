using System.Text.RegularExpressions;
using Deq.Testing;

namespace Deq.Runtime.Specs.Layering;

/// <summary>The house's rules for a single file: read from the sources.</summary>
public sealed partial class SourceRulesSpecs
{
    private const int LongestBody = 40;
    private const int MostValues = 6;

    private static readonly IReadOnlyList<SourceFile> s_product = SourceFile.Product();

    /// <summary>Files that may use a banned symbol, with the reason.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new()
    {
        ["Deq.Export/Torch/HeldScalar.cs"] = "A ring of scalars per thread outlives an early release by TorchSharp.",
        ["Deq.Export/Tasks/Flow/Clips/ServedStarts.cs"] = "The tool asks the engine for one pair after another, on a thread of its own.",
        ["Deq.Export/Tasks/Flow/Training/FlowBatch.cs"] = "The training thread waits for the batch that another thread draws.",
        ["Deq.Export/Tasks/Classification/Training/TrainingImages.cs"] = "The training thread waits for the batch that another thread varies.",
    };

    public static TheoryData<string> Projects => [.. SourceFile.Projects];

    [Theory, MemberData(nameof(Projects))]
    public void Methods_have_at_most_forty_lines(string project) =>
        AssertNone(s_product.Where(file => file.Project == project).SelectMany(LongMethods));

    [Theory, MemberData(nameof(Projects))]
    public void Positional_records_have_at_most_six_values(string project) =>
        AssertNone(Matches(project, PositionalRecord()).Where(match => Values(match.Text) > MostValues).Select(match => match.ToString()));

    [Theory, MemberData(nameof(Projects))]
    public void Time_is_a_TimeProvider_and_nothing_waits_or_hides_in_threads(string project) =>
        AssertNone(Matches(project, Banned()).Where(match => !s_exceptions.ContainsKey(match.Path)).Select(match => match.ToString()));

    [Theory]
    [InlineData("Deq.Api")]
    [InlineData("Deq.Export")]
    public void Types_of_programs_are_public_only_where_another_project_names_them(string project)
    {
        string others = string.Join('\n', Directory.EnumerateFiles(Repository.Folder("tests", "Deq.Benchmarks"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .Concat(s_product.Where(file => file.Project != project).Select(file => file.Text))
            .Append(File.ReadAllText(Path.Combine(Repository.Folder(), "Directory.Build.targets"))));
        HashSet<string> named = [.. Word().Matches(others).Select(match => match.Value)];

        AssertNone(s_product.Where(file => file.Project == project).SelectMany(file => file.PublicTypes).Where(type => !named.Contains(type) && type != "Program"));
    }

    private static void AssertNone(IEnumerable<string> found) => Assert.True(!found.Any(), string.Join('\n', found));

    private static IEnumerable<(string Path, string Text)> Matches(string project, Regex pattern) =>
        from file in s_product
        where file.Project == project
        from match in pattern.Matches(file.Code)
        select (file.Path, match.Value);

    /// <summary>Top-level commas between the parentheses of a record, plus one.</summary>
    private static int Values(string record)
    {
        (int depth, int commas) = (0, 0);
        foreach (char letter in record[record.IndexOf('(', StringComparison.Ordinal)..])
        {
            depth += letter is '(' or '<' or '[' ? 1 : letter is ')' or '>' or ']' ? -1 : 0;
            commas += letter == ',' && depth == 1 ? 1 : 0;
        }

        return commas + 1;
    }

    /// <summary>Members whose braces, alone on lines of one indentation, are further apart than a body may be.</summary>
    private static IEnumerable<string> LongMethods(SourceFile file)
    {
        string[] lines = file.Text.Split('\n');
        for (int open = 1; open < lines.Length; open++)
        {
            string brace = lines[open];
            if (brace.Trim() != "{" || Header(lines, open) is not { } header)
            {
                continue;
            }

            int close = Array.FindIndex(lines, open, line => line.StartsWith(brace.TrimEnd().Replace('{', '}'), StringComparison.Ordinal));
            if (close - open - 1 > LongestBody)
            {
                yield return $"{file.Path}:{open + 1} {header.Trim()} has {close - open - 1} lines";
            }
        }
    }

    /// <summary>The first line of the member that a brace opens; null when it opens something else.</summary>
    private static string? Header(string[] lines, int open)
    {
        int first = open - 1;
        while (first > 0 && !MemberStart().IsMatch(lines[first]) && lines[first].Trim() is { Length: > 0 } line && line[^1] is not (';' or '{' or '}'))
        {
            first--;
        }

        string header = string.Concat(lines[first..open]);
        return Indentation(lines[first]) == Indentation(lines[open]) && MemberStart().IsMatch(header) && header.Contains('(', StringComparison.Ordinal) && !TypeWord().IsMatch(header) ? lines[first] : null;
    }

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"\brecord\s+(?:struct\s+|class\s+)?[A-Z]\w*(?:<[^>]*>)?\s*\([^;{]*?\)(?=\s*[;:{])", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex PositionalRecord();

    [GeneratedRegex(@"DateTime\.(?:UtcNow|Now)\b|\bStopwatch\b|\bThread\.Sleep\b|[Tt]ask\.Result\b|Async\([^()]*\)\.Result\b|\.GetAwaiter\(\)\.GetResult\(\)|\bThreadLocal<|\bAsyncLocal<|\bThreadStatic\b", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Banned();

    [GeneratedRegex(@"^\s+(?:public|private|internal|protected|static)\b", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex MemberStart();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\b", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"[A-Z]\w*", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Word();
}
