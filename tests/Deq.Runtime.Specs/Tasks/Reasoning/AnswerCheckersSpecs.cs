using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class AnswerCheckersSpecs
{
    private const string Question = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    private const string Solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

    private static readonly SudokuChecker s_sudoku = new();
    private static readonly MazeChecker s_maze = new();
    private static readonly PrefixSumChecker s_bits = new();

    [Fact]
    public void A_solved_Sudoku_is_valid_and_one_wrong_digit_is_not()
    {
        char[] wrong = Solution.ToCharArray();
        (wrong[2], wrong[3]) = (wrong[3], wrong[2]);

        Assert.True(s_sudoku.IsValid(Sudoku(Question), Sudoku(Solution)));
        Assert.False(s_sudoku.IsValid(Sudoku(Question), Sudoku(new string(wrong))));
        Assert.NotEmpty(SudokuChecker.Conflicts(Sudoku(new string(wrong))));
        Assert.Empty(SudokuChecker.Conflicts(Sudoku(Solution)));
    }

    [Fact]
    public void A_Sudoku_that_changes_a_given_is_not_valid()
    {
        string renamed = new([.. Solution.Select(digit => digit == '5' ? '3' : digit == '3' ? '5' : digit)]);

        Assert.False(s_sudoku.IsValid(Sudoku(Question), Sudoku(renamed)));
    }

    [Fact]
    public void A_Sudoku_with_a_digit_twice_in_a_row_is_refused()
    {
        Assert.Null(s_sudoku.Refusal(Sudoku(Question)));
        Assert.NotNull(s_sudoku.Refusal(Sudoku("55" + Question[2..])));
    }

    [Theory]
    [InlineData("Soo\n##o\n  G", true)]
    [InlineData("So \n##o\n  G", false)]
    [InlineData("Soo\n##o\no G", false)]
    [InlineData("Soo\n##o\noo ", false)]
    public void A_maze_is_solved_by_its_way_and_by_nothing_beside_it(string answer, bool isValid)
    {
        TokenGrid question = Maze("S  \n## \n  G");

        Assert.Equal(isValid, s_maze.IsValid(question, Maze(answer)));
    }

    [Theory]
    [InlineData("Soo\n##o\n  G")]
    [InlineData("So \n##o\n  G", 2)]
    [InlineData("Soo\n##o\no G", 6)]
    [InlineData("S  \n## \nooG", 1, 2, 5, 6, 7)]
    public void Of_a_maze_a_mark_beside_the_way_and_a_gap_in_it_are_wrong(string answer, params int[] wrong) =>
        Assert.Equal(wrong, s_maze.Wrong(Maze("S  \n## \n  G"), Maze(answer)));

    [Fact]
    public void Of_several_shortest_ways_none_is_wrong_and_without_a_way_every_mark_is()
    {
        Assert.Empty(s_maze.Wrong(Maze("S  \n   \n  G"), Maze("S  \no  \nooG")));
        Assert.Equal([1], s_maze.Wrong(Maze("S #\n###\n  G"), Maze("So#\n###\n  G")));
    }

    [Fact]
    public void A_valid_answer_to_a_maze_has_no_wrong_place()
    {
        var random = new Random(5);
        int valid = 0;
        for (int drawn = 0; drawn < 300; drawn++)
        {
            TokenGrid question = DrawnMaze(random, height: 3, width: 4);
            int[] open = [.. Enumerable.Range(0, question.Count).Where(place => question.Tokens[place] == MazeChecker.Open)];
            for (int marks = 0; marks < (1 << open.Length); marks++)
            {
                int[] tokens = question.Tokens.ToArray();
                foreach (int i in Enumerable.Range(0, open.Length).Where(i => ((marks >> i) & 1) != 0))
                {
                    tokens[open[i]] = MazeChecker.Way;
                }

                var answer = new TokenGrid(question.Height, question.Width, tokens);
                if (s_maze.IsValid(question, answer))
                {
                    valid++;
                    Assert.Empty(s_maze.Wrong(question, answer));
                }
            }
        }

        Assert.InRange(valid, 100, int.MaxValue);
    }

    [Fact]
    public void Of_a_maze_a_place_behind_the_start_is_on_no_shortest_way() =>
        Assert.Equal([0], s_maze.Wrong(Maze("  SG"), Maze("o SG")));

    [Fact]
    public void Of_bits_and_digits_the_wrong_ones_are_named()
    {
        Assert.Equal([1, 3], s_bits.Wrong(TokenGrid.Sequence([1, 1, 0, 1]), TokenGrid.Sequence([1, 1, 0, 0])));
        Assert.Equal([0, 8], s_sudoku.Wrong(Sudoku("5......." + "." + new string('.', 72)), Sudoku("5.......5" + new string('.', 72))));
    }

    [Fact]
    public void Any_of_the_shortest_ways_is_valid_and_a_longer_one_is_not()
    {
        TokenGrid open = Maze("S  \n   \n  G");

        Assert.True(s_maze.IsValid(open, Maze("Soo\n  o\n  G")));
        Assert.True(s_maze.IsValid(open, Maze("S  \no  \nooG")));
        Assert.False(s_maze.IsValid(Maze("S   \n    \n   G"), Maze("S   \noooo\noo G")));
    }

    [Theory]
    [InlineData("S G\nS  ")]
    [InlineData("S  \n   ")]
    [InlineData("SoG\n   ")]
    public void A_maze_without_one_start_and_one_goal_is_refused(string maze) => Assert.NotNull(s_maze.Refusal(Maze(maze)));

    [Fact]
    public void Bits_are_valid_as_running_parity()
    {
        TokenGrid question = TokenGrid.Sequence([1, 1, 0, 1]);

        Assert.True(s_bits.IsValid(question, TokenGrid.Sequence([1, 0, 0, 1])));
        Assert.False(s_bits.IsValid(question, TokenGrid.Sequence([1, 0, 0, 0])));
    }

    [Fact]
    public void Every_checker_is_found_by_its_name_and_answers_with_tokens_that_it_has()
    {
        foreach (IAnswerChecker checker in AnswerCheckers.All)
        {
            Assert.Same(checker, AnswerCheckers.Find(checker.Name));
            Assert.All(checker.Vocabulary.Answers.Concat(checker.Vocabulary.Blanks), token => Assert.InRange(token, 0, checker.Vocabulary.Count - 1));
        }
    }

    /// <summary>A third of walls, and both ends anywhere.</summary>
    private static TokenGrid DrawnMaze(Random random, int height, int width)
    {
        int[] tokens = [.. Enumerable.Range(0, height * width).Select(_ => random.Next(3) == 0 ? MazeChecker.Wall : MazeChecker.Open)];
        int start = random.Next(tokens.Length);
        tokens[start] = MazeChecker.Start;
        tokens[(start + 1 + random.Next(tokens.Length - 1)) % tokens.Length] = MazeChecker.Goal;
        return new TokenGrid(height, width, tokens);
    }

    private static TokenGrid Sudoku(string text) => new TokenText(TokenLayout.Cells, s_sudoku.Vocabulary, 9, 9).Read(text);

    private static TokenGrid Maze(string text) => new TokenText(TokenLayout.Lines, s_maze.Vocabulary).Read(text);
}
