using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Sudokus with one solution: minimal puzzles of a pool, moved by a drawn symmetry, with givens added up to a drawn count.</summary>
/// <param name="recipe">Givens, 17 to 81. Where a minimal puzzle has more, it stays as it is; another seed of the pool keeps test puzzles apart.</param>
internal sealed class Sudokus(PuzzleRecipe recipe) : IPuzzleSource
{
    private static readonly SudokuChecker s_sudoku = new();
    private readonly Dictionary<int, SudokuPuzzle> _pool = [];
    private readonly SudokuMaker _maker = new();

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary => s_sudoku.Vocabulary;

    /// <inheritdoc/>
    public TokenLayout Layout => TokenLayout.Cells;

    /// <inheritdoc/>
    public Puzzle[] Draw(ref SplitMix64 random, int count)
    {
        var puzzles = new Puzzle[count];
        for (int item = 0; item < count; item++)
        {
            SudokuPuzzle minimal = Minimal(random.NextBelow(recipe.Pool));
            int givens = recipe.Least + random.NextBelow(recipe.Most - recipe.Least + 1);
            SudokuPuzzle puzzle = SudokuMaker.Moved(SudokuMaker.WithGivens(minimal, givens, ref random), ref random);
            puzzles[item] = Of(puzzle);
        }

        return puzzles;
    }

    /// <summary>A puzzle as token grids.</summary>
    public static Puzzle Of(SudokuPuzzle puzzle) => new(Grid(puzzle.Givens), Grid(puzzle.Solution));

    private static TokenGrid Grid(int[] tokens) => new(SudokuChecker.Side, SudokuChecker.Side, tokens);

    /// <summary>Made when first asked for; the same whatever was drawn before.</summary>
    private SudokuPuzzle Minimal(int item)
    {
        if (!_pool.TryGetValue(item, out SudokuPuzzle? puzzle))
        {
            var random = new SplitMix64(recipe.PoolSeed, stream: 7, item);
            do
            {
                puzzle = _maker.Minimal(ref random);
            }
            while (recipe.LeastGuesses > 0 && _maker.Guesses(puzzle, ref random) < recipe.LeastGuesses);

            _pool.TryAdd(item, puzzle);
        }

        return puzzle;
    }
}
