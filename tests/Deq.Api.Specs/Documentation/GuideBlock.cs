namespace Deq.Api.Specs.Documentation;

/// <summary>What a page tells its reader to type, and what it says comes out.</summary>
/// <param name="Language">The word after the fence; empty for a shell.</param>
/// <param name="Text">What to type or save.</param>
/// <param name="Answer">The block that follows at once; null where none does.</param>
internal sealed record GuideBlock(string Language, string Text, string? Answer)
{
    private const string Fence = "```";

    /// <summary>The fenced blocks of a page, each with the one that follows it with nothing between.</summary>
    public static IReadOnlyList<GuideBlock> Of(string page)
    {
        string[] lines = page.Split('\n');
        var blocks = new List<(int First, int Last, string Language)>();
        for (int line = 0; line < lines.Length; line++)
        {
            if (lines[line].StartsWith(Fence, StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, line + 1, text => text.StartsWith(Fence, StringComparison.Ordinal));
                blocks.Add((line, end, lines[line][Fence.Length..].Trim()));
                line = end;
            }
        }

        return [.. blocks.Select((block, place) => new GuideBlock(block.Language, Text(block.First, block.Last), AnswerTo(place)))];

        string Text(int first, int last) => string.Join('\n', lines[(first + 1)..last]);

        string? AnswerTo(int place) => place + 1 < blocks.Count && lines[(blocks[place].Last + 1)..blocks[place + 1].First].All(string.IsNullOrWhiteSpace)
            ? Text(blocks[place + 1].First, blocks[place + 1].Last)
            : null;
    }
}
