using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Reasoning.Commands;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class DrawnPuzzlesSpecs
{
    [Fact]
    public void Questions_and_answers_stand_in_two_files_in_the_same_order()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sudokus.txt");

        int written = Sudokus("any").Write(path);

        string[] questions = File.ReadAllLines(path);
        string[] answers = File.ReadAllLines(folder.File("sudokus.answers.txt"));
        var checker = new SudokuChecker();
        var text = new TokenText(TokenLayout.Cells, checker.Vocabulary, 9, 9);
        Assert.Equal((3, 3, 3), (written, questions.Length, answers.Length));
        Assert.Equal(3, questions.Distinct().Count());
        Assert.All(questions.Zip(answers), pair => Assert.True(checker.IsValid(text.Read(pair.First), text.Read(pair.Second))));
    }

    [Theory]
    [InlineData("maze", "--least", "8", "--least is 8; sides of mazes are odd, 5 to 4095.")]
    [InlineData("maze", "--most", "12", "--most is 12; sides of mazes are odd, 5 to 4095.")]
    [InlineData("sudoku", "--most", "81", "--most is 81; givens of Sudokus are 17 to 80.")]
    public void A_size_that_puzzles_have_not_is_refused_before_a_file_is_written(string kind, string option, string value, string fault)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("drawn.txt");

        CommandException refused = Assert.Throws<CommandException>(() => DrawPuzzlesCommand.Make(TimeProvider.System)
            .Parse([kind, path, option, value]).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));

        Assert.Equal(fault, refused.Message);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Mazes_stand_line_by_line_with_an_empty_line_between()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("mazes.txt");

        new DrawnPuzzles { Count = 2, Seed = 1, Guesses = "any", Recipe = new PuzzleRecipe { Kind = "maze", Least = 7, Most = 7 } }.Write(path);

        string[] mazes = File.ReadAllText(path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, mazes.Length);
        Assert.All(mazes, maze => Assert.Equal(7, new TokenText(TokenLayout.Lines, new MazeChecker().Vocabulary).Read(maze).Height));
    }

    [Fact]
    public void Tests_are_read_in_the_order_of_their_files_and_named_without_their_numbers()
    {
        using var folder = new TemporaryFolder();
        Sudokus("any").Write(folder.File("2. easy.txt"));
        Sudokus("any").Write(folder.File("1. minimal, 5. of all.txt"));
        Sudokus("any").Write(folder.File("more.txt"));
        var text = new TokenText(TokenLayout.Cells, new SudokuChecker().Vocabulary, 9, 9);

        IReadOnlyList<ReasoningTest> tests = PuzzleFiles.Read(new DirectoryInfo(folder.Path), text);

        Assert.Equal(["minimal, 5. of all", "easy", "more"], tests.Select(test => test.Name));
        Assert.All(tests, test => Assert.Equal(3, test.Puzzles.Count));
    }

    [Fact]
    public void Refuses_a_rating_of_what_is_no_Sudoku()
    {
        using var folder = new TemporaryFolder();
        var mazes = new DrawnPuzzles { Count = 1, Seed = 1, Guesses = "0", Recipe = new PuzzleRecipe { Kind = "maze", Least = 7, Most = 7 } };

        Assert.Throws<CommandException>(() => { mazes.Write(folder.File("mazes.txt")); });
        Assert.Throws<CommandException>(() => { Sudokus("many").Write(folder.File("sudokus.txt")); });
    }

    private static DrawnPuzzles Sudokus(string guesses) =>
        new() { Count = 3, Seed = 2, Guesses = guesses, Recipe = new PuzzleRecipe { Kind = "sudoku", Least = 17, Most = 17, Pool = int.MaxValue } };
}
