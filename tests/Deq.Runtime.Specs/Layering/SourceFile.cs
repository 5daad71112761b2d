using System.Text.RegularExpressions;
using Deq.Testing;

namespace Deq.Runtime.Specs.Layering;

/// <summary>A source file as the specs of the house read it: code without comments and strings, usings, and the types it declares.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Text">As it is on disk.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    private const int Patience = 60_000;

    /// <summary>The product's projects.</summary>
    public static IReadOnlyList<string> Projects { get; } = ["Deq.Runtime", "Deq.Api", "Deq.Export"];

    public string Project => Path.Split('/')[0];

    /// <summary>The first folder below the project; empty of a file beside the project file.</summary>
    public string Folder => Path.Split('/') is [_, string folder, _, ..] ? folder : "";

    /// <summary>The code with comments and the contents of strings blanked.</summary>
    public string Code { get; } = Comments().Replace(Text, match => match.Value[0] is '"' or '@' or '$' or '\'' ? "\"\"" : " ");

    public string Namespace => NamespaceLine().Match(Code).Groups["name"].Value;

    /// <summary>The types that the file declares.</summary>
    public IReadOnlyList<string> Types => [.. Declarations().Matches(Code).Select(match => match.Groups["name"].Value)];

    /// <summary>The public types among them.</summary>
    public IReadOnlyList<string> PublicTypes =>
        [.. Declarations().Matches(Code).Where(match => match.Value.TrimStart().StartsWith("public ", StringComparison.Ordinal)).Select(match => match.Groups["name"].Value)];

    /// <summary>Every source file of the product.</summary>
    public static IReadOnlyList<SourceFile> Product() => [.. Projects.SelectMany(Below)];

    /// <summary>Whether the types of a namespace can be named here without it.</summary>
    public bool Sees(string space) =>
        Namespace == space || Namespace.StartsWith($"{space}.", StringComparison.Ordinal) || Usings().Matches(Code).Any(line => line.Groups["name"].Value == space);

    private static IEnumerable<SourceFile> Below(string project)
    {
        string root = Repository.Folder();
        return Directory.EnumerateFiles(System.IO.Path.Combine(root, project), "*.cs", SearchOption.AllDirectories)
            .Select(file => (Full: file, Relative: System.IO.Path.GetRelativePath(root, file).Replace('\\', '/')))
            .Where(file => !file.Relative.Split('/').Any(part => part is "bin" or "obj"))
            .Select(file => new SourceFile(file.Relative, File.ReadAllText(file.Full)));
    }

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"{3}.*?"{3}|[$@]*"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Comments();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^\s*using\s+(?:static\s+)?(?:\w+\s*=\s*)?(?<name>[\w.]+)\s*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Usings();

    [GeneratedRegex(
        @"^\s*(?:(?:public|internal|private|protected|static|sealed|abstract|partial|readonly|unsafe|file)\s+)*(?:class|struct|record\s+struct|record\s+class|record|interface|enum)\s+(?<name>[A-Z]\w*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        Patience)]
    private static partial Regex Declarations();
}
