using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>A question and its only answer.</summary>
/// <param name="Question">What a model is given.</param>
/// <param name="Answer">Of the same shape.</param>
internal sealed record Puzzle(TokenGrid Question, TokenGrid Answer);

/// <summary>What a recipe or a command says of the puzzles to draw.</summary>
internal sealed record PuzzleRecipe
{
    /// <summary>One of <see cref="PuzzleCatalogue.Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The smallest size: length of a sequence, side of a maze (odd, 5 to 4095), givens of a Sudoku (17 to 80).</summary>
    public required int Least { get; init; }

    /// <summary>The largest size, at least <see cref="Least"/>.</summary>
    public required int Most { get; init; }

    /// <summary>Of mazes, the share without a border of walls, in [0, 1]. Default 0.</summary>
    public double BorderlessShare { get; init; }

    /// <summary>Of mazes, the share whose S and G are drawn; the others have them at the ends of the longest way. In [0, 1], default 0.</summary>
    public double DrawnEndsShare { get; init; }

    /// <summary>Of Sudokus, how many minimal puzzles the others are made of by further givens and by symmetry; at least 1. Default 4,096.</summary>
    public int Pool { get; init; } = 4096;

    /// <summary>Of Sudokus, the seed of that pool. Default 1.</summary>
    public int PoolSeed { get; init; } = 1;

    /// <summary>Of Sudokus, the fewest guesses by <see cref="SudokuMaker.Guesses"/> that those minimal puzzles need, 0 to 20. Default 0: whatever is drawn.</summary>
    public double LeastGuesses { get; init; }
}

/// <summary>Draws puzzles of one kind.</summary>
internal interface IPuzzleSource
{
    /// <summary>What their tokens are.</summary>
    TokenVocabulary Vocabulary { get; }

    /// <summary>How they are written as text.</summary>
    TokenLayout Layout { get; }

    /// <summary>Draws puzzles of one shape, each by itself.</summary>
    /// <param name="random">Decides every draw.</param>
    /// <param name="count">How many.</param>
    Puzzle[] Draw(ref SplitMix64 random, int count);
}

/// <summary>The puzzles that recipes and commands may name. A new kind is its file and one line here.</summary>
internal static class PuzzleCatalogue
{
    private static readonly IReadOnlyList<(string Kind, Func<PuzzleRecipe, IPuzzleSource> Make)> All =
    [
        ("prefix-sum", recipe => new PrefixSums(recipe)),
        ("maze", recipe => new Mazes(recipe)),
        ("sudoku", recipe => new Sudokus(recipe)),
        ("a5-words", recipe => new GroupWords(recipe)),
    ];

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>What is wrong with a size, to be read after its name; null where puzzles of the kind have it.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="size">A length, a side or a number of givens.</param>
    public static string? SizeFault(string kind, int size) => kind switch
    {
        "maze" when size is < 5 or > 4095 || size % 2 == 0 => $"is {size}; sides of mazes are odd, 5 to 4095.",
        "sudoku" when size is < 17 or > 80 => $"is {size}; givens of Sudokus are 17 to 80.",
        _ => null,
    };

    /// <summary>Makes what draws the puzzles that a recipe asks for.</summary>
    /// <exception cref="ArgumentException">No such kind, or sizes that it does not have.</exception>
    internal static IPuzzleSource Make(PuzzleRecipe recipe) =>
        All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Make?.Invoke(recipe)
            ?? throw new ArgumentException($"There are no puzzles \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
}
