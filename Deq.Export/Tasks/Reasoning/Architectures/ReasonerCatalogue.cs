using Deq.Export.Graphs;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>What a recipe says of a reasoner's cell.</summary>
internal sealed record ReasonerRecipe
{
    /// <summary>One of <see cref="ReasonerCatalogue.Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Channels of the state at each place, 2 to 512.</summary>
    public required int Channels { get; init; }

    /// <summary>Channels inside an evaluation, 2 to 1024.</summary>
    public required int Hidden { get; init; }

    /// <summary>How often one evaluation passes information on, 1 to 16. Default 1.</summary>
    public int Hops { get; init; } = 1;
}

/// <summary>The cells that recipes may name. A new one is its file and one line here.</summary>
internal static class ReasonerCatalogue
{
    private static readonly IReadOnlyList<(string Kind, Func<ReasonerRecipe, TokenVocabulary, ModelGraphs> Build)> All =
    [
        ("sequence", SequenceReasoner.Build),
        ("messages", MessageReasoner.Build),
        ("peers", PeerReasoner.Build),
    ];

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>Why a cell cannot be trained on puzzles, to be read after its name; null where it can.</summary>
    /// <param name="cell">One of <see cref="Kinds"/>.</param>
    /// <param name="puzzles">Their kind.</param>
    public static string? Refusal(string cell, string puzzles) => (cell, puzzles) switch
    {
        ("peers", not "sudoku") => $"is \"peers\", a cell of Sudokus; the puzzles are \"{puzzles}\".",
        ("sequence", "maze" or "sudoku") => $"is \"sequence\", a cell of one line of tokens; the puzzles are \"{puzzles}\".",
        _ => null,
    };

    /// <summary>Builds the graphs that a recipe asks for.</summary>
    /// <exception cref="ArgumentException">No such cell.</exception>
    public static ModelGraphs Build(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(vocabulary);
        return All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Build?.Invoke(recipe, vocabulary)
            ?? throw new ArgumentException($"There is no cell \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
    }
}
