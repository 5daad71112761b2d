using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class PuzzleCatalogueSpecs
{
    public static TheoryData<string, int, int> Kinds => new() { { "prefix-sum", 1, 40 }, { "maze", 5, 15 }, { "sudoku", 17, 40 }, { "a5-words", 1, 20 } };

    [Theory, MemberData(nameof(Kinds))]
    public void Draws_the_same_puzzles_for_the_same_seed_and_others_for_another(string kind, int least, int most)
    {
        Puzzle[] first = Draw(kind, least, most, seed: 1);

        Assert.Equal(first, Draw(kind, least, most, seed: 1));
        Assert.NotEqual(first, Draw(kind, least, most, seed: 2));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Answers_have_the_question_s_shape_and_keep_what_is_given(string kind, int least, int most)
    {
        TokenVocabulary vocabulary = PuzzleCatalogue.Make(Recipe(kind, least, most)).Vocabulary;

        foreach (Puzzle puzzle in Draw(kind, least, most, seed: 3))
        {
            Assert.Equal((puzzle.Question.Height, puzzle.Question.Width), (puzzle.Answer.Height, puzzle.Answer.Width));
            for (int place = 0; place < puzzle.Question.Count; place++)
            {
                int given = puzzle.Question.Tokens[place];
                int answer = puzzle.Answer.Tokens[place];
                Assert.True(vocabulary.IsDecided(given) ? vocabulary.Answers.Contains(answer) : answer == given);
            }
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void What_has_a_checker_passes_it(string kind, int least, int most)
    {
        if (AnswerCheckers.Find(kind) is not { } checker)
        {
            Assert.Equal("a5-words", kind);
            return;
        }

        foreach (Puzzle puzzle in Draw(kind, least, most, seed: 4))
        {
            Assert.Null(checker.Refusal(puzzle.Question));
            Assert.True(checker.IsValid(puzzle.Question, puzzle.Answer));
        }
    }

    [Fact]
    public void Draws_only_Sudokus_that_need_as_many_guesses_as_asked()
    {
        var random = new SplitMix64(6);
        var maker = new SudokuMaker();
        PuzzleRecipe recipe = Recipe("sudoku", 17, 17) with { LeastGuesses = 5 };

        Puzzle[] puzzles = PuzzleCatalogue.Make(recipe).Draw(ref random, 12);

        foreach (Puzzle puzzle in puzzles)
        {
            Assert.True(maker.Guesses(new SudokuPuzzle([.. puzzle.Question.Tokens], [.. puzzle.Answer.Tokens]), ref random, orders: 40) >= 2);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_open_place_of_a_maze_is_reached_by_one_way(bool hasBorder)
    {
        var random = new SplitMix64(5);
        TokenGrid maze = Mazes.Draw(ref random, 21, hasBorder, isLongest: true).Question;

        int open = maze.Count - maze.Tokens.Count(MazeChecker.Wall);
        int passages = 0;
        for (int row = 0; row < maze.Height; row++)
        {
            for (int column = 0; column < maze.Width; column++)
            {
                bool isOpen = maze[row, column] != MazeChecker.Wall;
                passages += isOpen && column + 1 < maze.Width && maze[row, column + 1] != MazeChecker.Wall ? 1 : 0;
                passages += isOpen && row + 1 < maze.Height && maze[row + 1, column] != MazeChecker.Wall ? 1 : 0;
            }
        }

        int rooms = hasBorder ? 100 : 121;
        Assert.Equal((2 * rooms) - 1, open);
        Assert.Equal(open - 1, passages);
    }

    [Fact]
    public void Products_of_even_permutations_form_a_group_in_which_order_matters()
    {
        IReadOnlyList<IReadOnlyList<int>> product = GroupWords.Products;

        Assert.Equal(60, product.Count);
        Assert.All(Enumerable.Range(0, 60), a => Assert.Equal((a, a), (product[0][a], product[a][0])));
        Assert.All(product, row => Assert.Equal(60, row.Distinct().Count()));
        Assert.All(Enumerable.Range(0, 60), a => Assert.Equal(product[product[a][7]][31], product[a][product[7][31]]));
        Assert.NotEqual(product[7][31], product[31][7]);
    }

    private static PuzzleRecipe Recipe(string kind, int least, int most) =>
        new() { Kind = kind, Least = least, Most = most, BorderlessShare = 0.5, DrawnEndsShare = 0.5, Pool = 8 };

    private static Puzzle[] Draw(string kind, int least, int most, int seed)
    {
        var random = new SplitMix64(seed);
        return PuzzleCatalogue.Make(Recipe(kind, least, most)).Draw(ref random, 6);
    }
}
