using Deq.Testing;

namespace Deq.Api.Specs.Documentation;

/// <summary>A client that a page of the guides prints: the page's first block of the language and one of those below it, or all of C#, whose programs take seconds to build.</summary>
/// <param name="Page">The file's name.</param>
/// <param name="Language">The word after the fence; empty for a shell.</param>
/// <param name="Title">The heading above, with a number from the second block below one heading on.</param>
/// <param name="Text">The program.</param>
/// <param name="Answer">What it prints by the page; null where the page does not say.</param>
/// <param name="Install">The command that brings its packages; null where it needs none.</param>
internal sealed record ClientProgram(string Page, string Language, string Title, string Text, string? Answer, string? Install)
{
    public const string Shell = "";

    private const string BuiltOnce = "csharp";

    /// <summary>Those of every page in <c>docs/clients</c>.</summary>
    public static IReadOnlyList<ClientProgram> All() =>
        [.. Directory.GetFiles(Repository.Folder("docs", "clients"), "*.md").Order(StringComparer.Ordinal).SelectMany(path => Of(Path.GetFileName(path), File.ReadAllText(path)))];

    /// <summary>Those of a page: every block is in one of them.</summary>
    public static IEnumerable<ClientProgram> Of(string page, string text)
    {
        IReadOnlyList<GuideBlock> blocks = GuideBlock.Of(text);
        GuideBlock? install = blocks.FirstOrDefault(IsInstall);
        return blocks.Where(block => !IsInstall(block)).GroupBy(block => block.Language).SelectMany(language =>
        {
            (string preamble, IEnumerable<GuideBlock> parts) = language.First().Answer is null && language.Count() > 1
                ? (language.First().Text + '\n', language.Skip(1))
                : ("", language);
            return Joined(language.Key, Titled(parts)).Select(part =>
                new ClientProgram(page, language.Key, part.Title, preamble + part.Text, part.Answer?.Trim(), language.Key == Shell ? null : install?.Text.Trim()));
        });
    }

    private static bool IsInstall(GuideBlock block) => block.Language == Shell && block.Text.StartsWith("npm install ", StringComparison.Ordinal);

    private static IEnumerable<GuideBlock> Titled(IEnumerable<GuideBlock> blocks) => blocks.GroupBy(block => block.Title).SelectMany(titled =>
        titled.Select((block, place) => place == 0 ? block : block with { Title = $"{block.Title} {place + 1}" }));

    private static IEnumerable<GuideBlock> Joined(string language, IEnumerable<GuideBlock> blocks) => language != BuiltOnce
        ? blocks
        :
        [
            new GuideBlock(
                string.Join(", ", blocks.Select(block => block.Title)),
                language,
                string.Join('\n', blocks.Select(block => $"{{\n{block.Text}\n}}")),
                blocks.Any(block => block.Answer is null) ? null : string.Join('\n', blocks.Select(block => block.Answer))),
        ];
}
