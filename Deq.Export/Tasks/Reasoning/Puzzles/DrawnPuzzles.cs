using Deq.Export.CommandLine;
using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Puzzles drawn one by one, each by its own number, and as two text files, questions and answers in the same order.</summary>
internal sealed record DrawnPuzzles
{
    /// <summary>How many, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>Decides every draw.</summary>
    public required int Seed { get; init; }

    /// <summary>One of <see cref="SudokuRatings"/>; other than any only of Sudokus.</summary>
    public required string Guesses { get; init; }

    /// <summary>What is drawn.</summary>
    public required PuzzleRecipe Recipe { get; init; }

    /// <summary>Draws them.</summary>
    /// <exception cref="CommandException">A rating of what is no Sudoku, or no rating.</exception>
    public IEnumerable<Puzzle> All()
    {
        bool isRated = Guesses != SudokuRatings.Any;
        return isRated && (Recipe.Kind != "sudoku" || !SudokuRatings.Names.Contains(Guesses))
            ? throw new CommandException(
                $"--guesses is of Sudokus and one of {string.Join(", ", SudokuRatings.Names)}, {SudokuRatings.Any}; not {Guesses} of {Recipe.Kind}.")
            : isRated ? Rated() : Any();
    }

    /// <summary>Draws and writes them.</summary>
    /// <param name="path">Takes the questions; the answers go to that name with <c>.answers</c> before its extension.</param>
    /// <returns>How many were written.</returns>
    public int Write(string path)
    {
        IEnumerable<Puzzle> puzzles = All();
        IPuzzleSource source = PuzzleCatalogue.Make(Recipe);
        var text = new TokenText(source.Layout, source.Vocabulary);
        string end = source.Layout == TokenLayout.Lines ? "\n\n" : "\n";
        using var questions = new StreamWriter(path);
        using var answers = new StreamWriter(PuzzleFiles.AnswersTo(path));
        foreach (Puzzle puzzle in puzzles)
        {
            questions.Write(text.Write(puzzle.Question) + end);
            answers.Write(text.Write(puzzle.Answer) + end);
        }

        return Count;
    }

    private IEnumerable<Puzzle> Any()
    {
        IPuzzleSource source = PuzzleCatalogue.Make(Recipe);
        for (int item = 0; item < Count; item++)
        {
            var random = new SplitMix64(Seed, stream: 11, item);
            yield return source.Draw(ref random, 1)[0];
        }
    }

    private IEnumerable<Puzzle> Rated()
    {
        var maker = new SudokuMaker();
        int found = 0;
        for (int item = 0; found < Count; item++)
        {
            var random = new SplitMix64(Seed, stream: 13, item);
            SudokuPuzzle puzzle = maker.Minimal(ref random);
            if (SudokuRatings.Of(maker.Guesses(puzzle, ref random)) == Guesses)
            {
                found++;
                yield return Sudokus.Of(puzzle);
            }
        }
    }
}
