namespace Deq.Api.Specs.Documentation;

/// <summary>What a page tells its reader to type, and what it says comes out.</summary>
/// <param name="Title">The nearest heading above.</param>
/// <param name="Language">The word after the fence; empty for a shell.</param>
/// <param name="Text">What to type or save.</param>
/// <param name="Answer">The block of text or JSON that follows at once; null where none does.</param>
internal sealed record GuideBlock(string Title, string Language, string Text, string? Answer)
{
    private const string Fence = "```";

    /// <summary>The fenced blocks of a page; one that is the answer to another is not listed again.</summary>
    public static IReadOnlyList<GuideBlock> Of(string page)
    {
        string[] lines = page.Split('\n');
        (int First, int Last)[] fences = [.. Fences(lines)];
        var blocks = new List<GuideBlock>();
        for (int place = 0; place < fences.Length; place++)
        {
            bool isAnswered = place + 1 < fences.Length && IsAnswer(fences[place], fences[place + 1]);
            blocks.Add(new GuideBlock(Title(fences[place].First), Language(fences[place]), Inside(fences[place]), isAnswered ? Inside(fences[++place]) : null));
        }

        return blocks;

        bool IsAnswer((int First, int Last) fence, (int First, int Last) next) =>
            Language(next) is "" or "json" && lines[(fence.Last + 1)..next.First].All(string.IsNullOrWhiteSpace);

        string Title(int line) => lines.Take(line).Where((text, place) => text.StartsWith('#') && !fences.Any(fence => fence.First < place && place < fence.Last))
            .LastOrDefault("").TrimStart('#', ' ');

        string Language((int First, int Last) fence) => lines[fence.First][Fence.Length..].Trim();

        string Inside((int First, int Last) fence) => string.Join('\n', lines[(fence.First + 1)..fence.Last]);
    }

    private static IEnumerable<(int First, int Last)> Fences(string[] lines)
    {
        for (int line = 0; line < lines.Length; line++)
        {
            if (lines[line].StartsWith(Fence, StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, line + 1, text => text.StartsWith(Fence, StringComparison.Ordinal));
                yield return (line, end);
                line = end;
            }
        }
    }
}
