using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Puzzles;

namespace Deq.Benchmarks.Reasoning;

/// <summary>What each kind of puzzle is measured on, easiest first.</summary>
internal static class ReasoningTests
{
    // Another stream and another pool than any recipe trains on.
    private const int Stream = 17;
    private const int PoolSeed = 0x5EED;

    /// <summary>Draws the tests of a kind.</summary>
    /// <param name="kind">One of <see cref="PuzzleCatalogue.Kinds"/>.</param>
    /// <param name="share">Of the full number of puzzles, in (0, 1]; at least 8 each, but for rated Sudokus, the hardest of which take long to find.</param>
    /// <param name="seed">Decides every draw.</param>
    public static IEnumerable<ReasoningTest> Of(string kind, double share, int seed) => kind switch
    {
        "maze" => Sizes(kind, [(9, 1000), (15, 1000), (33, 400), (59, 200), (99, 100)], share, seed),
        "sudoku" => Sudoku(share, seed),
        _ => Sizes(kind, [(16, 1000), (64, 1000), (512, 1000), (4096, 100)], share, seed),
    };

    private static IEnumerable<ReasoningTest> Sizes(string kind, (int Size, int Count)[] sizes, double share, int seed) =>
        sizes.Select(size => Drawn($"{size.Size}", Recipe(kind, size.Size), Count(size.Count, share), seed));

    private static IEnumerable<ReasoningTest> Sudoku(double share, int seed)
    {
        yield return Drawn("solved", Recipe("sudoku", 81), Count(200, share), seed);
        yield return Drawn("one blank", Recipe("sudoku", 80), Count(200, share), seed);
        yield return Drawn("30 to 40 givens", Recipe("sudoku", 30) with { Most = 40 }, Count(1000, share), seed);
        int[] counts = [500, 500, 300, 200, 20];
        foreach ((string rating, int count) in SudokuRatings.Names.Zip(counts))
        {
            var drawn = new DrawnPuzzles { Count = (int)Math.Ceiling(share * count), Seed = seed + PoolSeed, Guesses = rating, Recipe = Recipe("sudoku", 17) };
            yield return new ReasoningTest($"minimal, {rating} guesses", [.. drawn.All()]);
        }
    }

    private static int Count(int full, double share) => Math.Max(8, (int)(share * full));

    private static PuzzleRecipe Recipe(string kind, int size) => new() { Kind = kind, Least = size, Most = size, Pool = int.MaxValue, PoolSeed = PoolSeed };

    private static ReasoningTest Drawn(string name, PuzzleRecipe recipe, int count, int seed)
    {
        IPuzzleSource source = PuzzleCatalogue.Make(recipe);
        return new ReasoningTest(name, [.. Enumerable.Range(0, count).Select(item =>
        {
            var random = new SplitMix64(seed, Stream, item);
            return source.Draw(ref random, 1)[0];
        })]);
    }
}
