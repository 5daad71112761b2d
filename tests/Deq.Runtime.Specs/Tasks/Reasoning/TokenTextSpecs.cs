using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class TokenTextSpecs
{
    private const string Sudoku = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    private static readonly TokenText s_sudoku = new(TokenLayout.Cells, new SudokuChecker().Vocabulary, 9, 9);
    private static readonly TokenText s_maze = new(TokenLayout.Lines, new MazeChecker().Vocabulary);
    private static readonly TokenText s_bits = new(TokenLayout.Line, new PrefixSumChecker().Vocabulary);

    [Fact]
    public void Reads_81_characters_as_rows_of_a_Sudoku_and_writes_them_back()
    {
        TokenGrid grid = s_sudoku.Read(Sudoku + "\n");

        Assert.Equal((9, 9), (grid.Height, grid.Width));
        Assert.Equal((5, 3, 0, 9), (grid[0, 0], grid[0, 1], grid[0, 2], grid[8, 8]));
        Assert.Equal(Sudoku, s_sudoku.Write(grid));
    }

    [Fact]
    public void Takes_zeros_for_blanks_and_nine_lines_for_one()
    {
        string lines = string.Join("\r\n", Sudoku.Replace('.', '0').Chunk(9).Select(row => new string(row)));

        Assert.Equal(s_sudoku.Read(Sudoku), s_sudoku.Read(lines));
    }

    [Fact]
    public void Reads_a_maze_line_by_line_and_keeps_its_spaces()
    {
        const string Maze = "S #\n# #\n  G";

        TokenGrid grid = s_maze.Read("\n" + Maze.ReplaceLineEndings("\r\n") + "\n\n");

        Assert.Equal((3, 3), (grid.Height, grid.Width));
        Assert.Equal([MazeChecker.Start, MazeChecker.Open, MazeChecker.Wall], grid.Tokens[..3].ToArray());
        Assert.Equal(Maze, s_maze.Write(grid));
    }

    [Theory]
    [InlineData("0102", "Line 1, column 4 is '2'")]
    [InlineData("", "empty")]
    public void Names_what_is_no_token(string bits, string expected)
    {
        TokenTextException fault = Assert.Throws<TokenTextException>(() => s_bits.Read(bits));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_lines_of_different_lengths_and_grids_of_another_size()
    {
        Assert.Contains("Line 2 has 2", Assert.Throws<TokenTextException>(() => s_maze.Read("S #\n# ")).Message, StringComparison.Ordinal);
        Assert.Contains("80 places", Assert.Throws<TokenTextException>(() => s_sudoku.Read(Sudoku[1..])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(46_341)]
    [InlineData(65_536)]
    public void Refuses_a_long_line_before_many_empty_ones_in_memory_for_what_was_sent(int side)
    {
        string text = new string('#', side) + new string('\n', side - 1) + "#";
        long before = GC.GetAllocatedBytesForCurrentThread();

        TokenTextException fault = Assert.Throws<TokenTextException>(() => s_maze.Read(text));

        Assert.StartsWith($"Line 2 has 0 characters; the first has {side}.", fault.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void Reads_numbers_as_rows_or_all_in_one_row()
    {
        TokenGrid expected = s_sudoku.Read(Sudoku);
        int[][] rows = [.. expected.Tokens.ToArray().Chunk(9)];

        Assert.Equal(expected, s_sudoku.Read(rows));
        Assert.Equal(expected, s_sudoku.Read([expected.Tokens.ToArray()]));
    }

    [Fact]
    public void Refuses_numbers_that_are_no_tokens_and_a_sequence_of_two_rows()
    {
        Assert.Contains("column 2 is 7", Assert.Throws<TokenTextException>(() => s_bits.Read([[0, 7]])).Message, StringComparison.Ordinal);
        Assert.Contains("one row", Assert.Throws<TokenTextException>(() => s_bits.Read([[0], [1]])).Message, StringComparison.Ordinal);
    }
}
