using Deq.Export.Commands;
using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Puzzles as two text files, questions and answers, line by line in the same order.</summary>
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

    /// <summary>Draws and writes.</summary>
    /// <param name="path">Takes the questions.</param>
    /// <returns>How many were written.</returns>
    public int Write(string path)
    {
        IPuzzleSource source = PuzzleCatalogue.Make(Recipe);
        bool isRated = Guesses != SudokuRatings.Any;
        if (isRated && (Recipe.Kind != "sudoku" || !SudokuRatings.Names.Contains(Guesses)))
        {
            throw new CommandException($"--guesses is of Sudokus and one of {string.Join(", ", SudokuRatings.Names)}, {SudokuRatings.Any}; not {Guesses} of {Recipe.Kind}.");
        }

        string answers = Path.ChangeExtension(path, ".answers" + Path.GetExtension(path));
        using StreamWriter questions = Open(path);
        using StreamWriter solutions = Open(answers);
        var text = new TokenText(Recipe.Kind == "maze" ? TokenLayout.Lines : TokenLayout.Line, source.Vocabulary);
        foreach (Puzzle puzzle in isRated ? Rated() : Any(source))
        {
            Put(questions, text.Write(puzzle.Question));
            Put(solutions, text.Write(puzzle.Answer));
        }

        return Count;
    }

    private IEnumerable<Puzzle> Any(IPuzzleSource source)
    {
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

    private void Put(StreamWriter writer, string text) => writer.Write(Recipe.Kind == "maze" ? text + "\n\n" : text + "\n");

    private static StreamWriter Open(string path) => new(path) { NewLine = "\n" };
}
