using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>A Sudoku with one solution, row by row.</summary>
/// <param name="Givens">81 digits, 0 for blanks.</param>
/// <param name="Solution">81 digits.</param>
internal sealed record SudokuPuzzle(int[] Givens, int[] Solution)
{
    /// <summary>How many digits are given.</summary>
    public int Count => Givens.Length - Givens.AsSpan().Count(0);
}

/// <summary>Makes Sudokus with one solution, rates them, and moves them by the puzzle's symmetries. Not thread-safe.</summary>
internal sealed class SudokuMaker
{
    private const int Side = SudokuChecker.Side;
    private const int Places = Side * Side;

    private readonly SudokuSolver _quick = new(usesLocked: false);
    private readonly SudokuSolver _rating = new(usesLocked: true);

    /// <summary>A minimal puzzle: without any of its givens it has more than one solution.</summary>
    /// <remarks>A drawn solution from which givens are taken in random order as long as it remains the only one.</remarks>
    public SudokuPuzzle Minimal(ref SplitMix64 random)
    {
        int[] givens = new int[Places];
        _quick.Search(givens, limit: 1, ref random);
        int[] solution = _quick.Solution.ToArray();
        solution.CopyTo(givens, 0);
        Span<int> order = stackalloc int[Places];
        Numbers(order);
        random.Shuffle(order);
        foreach (int place in order)
        {
            int digit = givens[place];
            givens[place] = 0;
            if (_quick.Search(givens, limit: 2, ref random).Solutions != 1)
            {
                givens[place] = digit;
            }
        }

        return new SudokuPuzzle(givens, solution);
    }

    /// <summary>Guesses that a solver with singles and locked candidates makes until the solution, the mean over random orders of guessing.</summary>
    /// <param name="puzzle">With one solution.</param>
    /// <param name="random">Decides the orders.</param>
    /// <param name="orders">At least 1. Fewer than 10 overstate puzzles that are chosen by it.</param>
    public double Guesses(SudokuPuzzle puzzle, ref SplitMix64 random, int orders = 10)
    {
        int sum = 0;
        for (int order = 0; order < orders; order++)
        {
            sum += _rating.Search(puzzle.Givens, limit: 1, ref random).Guesses;
            if (sum == 0)
            {
                return 0;
            }
        }

        return sum / (double)orders;
    }

    /// <summary>The same puzzle with further givens of its solution.</summary>
    /// <param name="puzzle">With one solution.</param>
    /// <param name="count">How many givens, 0 to 81; a puzzle that has more keeps them.</param>
    /// <param name="random">Decides which.</param>
    public static SudokuPuzzle WithGivens(SudokuPuzzle puzzle, int count, ref SplitMix64 random)
    {
        int[] givens = [.. puzzle.Givens];
        Span<int> order = stackalloc int[Places];
        Numbers(order);
        random.Shuffle(order);
        int left = count - puzzle.Count;
        foreach (int place in order)
        {
            if (left > 0 && givens[place] == 0)
            {
                givens[place] = puzzle.Solution[place];
                left--;
            }
        }

        return puzzle with { Givens = givens };
    }

    /// <summary>The same puzzle under drawn symmetries: digits renamed, rows and columns exchanged within and between bands, transposed or not.</summary>
    public static SudokuPuzzle Moved(SudokuPuzzle puzzle, ref SplitMix64 random)
    {
        Span<int> digits = stackalloc int[Side];
        Span<int> rows = stackalloc int[Side];
        Span<int> columns = stackalloc int[Side];
        Numbers(digits);
        random.Shuffle(digits);
        Lines(ref random, rows);
        Lines(ref random, columns);
        bool isTransposed = random.NextBelow(2) == 1;
        int[] givens = new int[Places];
        int[] solution = new int[Places];
        for (int place = 0; place < Places; place++)
        {
            (int row, int column) = (rows[place / Side], columns[place % Side]);
            int from = isTransposed ? (column * Side) + row : (row * Side) + column;
            givens[place] = puzzle.Givens[from] == 0 ? 0 : digits[puzzle.Givens[from] - 1] + 1;
            solution[place] = digits[puzzle.Solution[from] - 1] + 1;
        }

        return new SudokuPuzzle(givens, solution);
    }

    private static void Lines(ref SplitMix64 random, Span<int> lines)
    {
        Span<int> bands = stackalloc int[3];
        Span<int> within = stackalloc int[3];
        Numbers(bands);
        random.Shuffle(bands);
        for (int band = 0; band < 3; band++)
        {
            Numbers(within);
            random.Shuffle(within);
            for (int line = 0; line < 3; line++)
            {
                lines[(3 * band) + line] = (3 * bands[band]) + within[line];
            }
        }
    }

    private static void Numbers(Span<int> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i;
        }
    }
}
