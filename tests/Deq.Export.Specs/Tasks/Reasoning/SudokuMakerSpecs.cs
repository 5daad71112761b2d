using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Puzzles;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class SudokuMakerSpecs
{
    private const string Inkala = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";
    private const string Easy = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    private readonly SudokuSolver _solver = new(usesLocked: false);

    [Fact]
    public void A_minimal_puzzle_has_one_solution_and_without_any_given_more()
    {
        var random = new SplitMix64(1);
        SudokuPuzzle puzzle = new SudokuMaker().Minimal(ref random);

        Assert.Equal(1, Solutions(puzzle.Givens, ref random));
        for (int place = 0; place < 81; place++)
        {
            if (puzzle.Givens[place] != 0)
            {
                int[] less = [.. puzzle.Givens];
                less[place] = 0;
                Assert.Equal(2, Solutions(less, ref random));
            }
        }
    }

    [Fact]
    public void Symmetries_keep_the_one_solution_and_the_number_of_givens()
    {
        var random = new SplitMix64(2);
        SudokuPuzzle puzzle = new SudokuMaker().Minimal(ref random);

        for (int i = 0; i < 20; i++)
        {
            SudokuPuzzle moved = SudokuMaker.Moved(puzzle, ref random);

            Assert.Equal(puzzle.Count, moved.Count);
            Assert.Equal(1, _solver.Search(moved.Givens, limit: 2, ref random).Solutions);
            Assert.Equal(moved.Solution, _solver.Solution.ToArray());
        }
    }

    [Fact]
    public void Further_givens_are_those_of_the_solution()
    {
        var random = new SplitMix64(3);
        SudokuPuzzle puzzle = new SudokuMaker().Minimal(ref random);

        SudokuPuzzle solved = SudokuMaker.WithGivens(puzzle, 81, ref random);
        SudokuPuzzle fuller = SudokuMaker.WithGivens(puzzle, 40, ref random);

        Assert.Equal(puzzle.Solution, solved.Givens);
        Assert.Equal(40, fuller.Count);
        Assert.All(Enumerable.Range(0, 81), place => Assert.True(fuller.Givens[place] == 0 || fuller.Givens[place] == puzzle.Solution[place]));
    }

    [Fact]
    public void Rates_a_newspaper_s_puzzle_without_a_guess_and_a_famous_one_with_many()
    {
        var maker = new SudokuMaker();
        var random = new SplitMix64(4);

        Assert.Equal("0", SudokuRatings.Of(maker.Guesses(Of(Easy), ref random)));
        Assert.Equal("20+", SudokuRatings.Of(maker.Guesses(Of(Inkala), ref random, orders: 20)));
    }

    [Fact]
    public void Counts_two_solutions_where_there_are_more_and_none_where_there_is_none()
    {
        var random = new SplitMix64(5);
        int[] impossible = new int[81];
        (impossible[0], impossible[1]) = (4, 4);

        Assert.Equal(2, Solutions(new int[81], ref random));
        Assert.Equal(0, Solutions(impossible, ref random));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.1, "1-5")]
    [InlineData(5, "5-10")]
    [InlineData(19.9, "10-20")]
    [InlineData(20, "20+")]
    public void Bins_take_their_lower_bound(double guesses, string expected) => Assert.Equal(expected, SudokuRatings.Of(guesses));

    private int Solutions(int[] givens, ref SplitMix64 random) => _solver.Search(givens, limit: 2, ref random).Solutions;

    private static SudokuPuzzle Of(string text) => new([.. text.Select(digit => digit == '.' ? 0 : digit - '0')], new int[81]);
}
