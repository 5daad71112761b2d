using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Spectre.Console;

namespace Deq.Export.Tasks.Reasoning.Commands;

/// <summary><c>draw-puzzles &lt;kind&gt; &lt;file&gt;</c>: puzzles and their answers as text files that people and programs can use.</summary>
internal static class DrawPuzzlesCommand
{
    public static Command Make(TimeProvider clock)
    {
        var kind = new Argument<string>("kind") { Description = $"One of {string.Join(", ", PuzzleCatalogue.Kinds)}." };
        kind.AcceptOnlyFromAmong([.. PuzzleCatalogue.Kinds]);
        var file = new Argument<FileInfo>("file") { Description = "Takes the questions; the answers go to a file of that name with .answers before its extension." };
        Option<int> count = Number("--count", "How many.", 100);
        Option<int> least = Number("--least", "The smallest size: length, odd side of a maze, givens of a Sudoku. 0: 16, 9 or a minimal Sudoku.", 0);
        Option<int> most = Number("--most", "The largest size. 0: the smallest.", 0);
        Option<int> seed = Number("--seed", "Of all draws.", 1);
        var borderless = new Option<bool>("--borderless") { Description = "Mazes without a border of walls." };
        var guesses = new Option<string>("--guesses")
        {
            Description = $"Minimal Sudokus of one rating: {string.Join(", ", SudokuRatings.Names)}, or any.",
            DefaultValueFactory = _ => SudokuRatings.Any,
        };
        var command = new Command("draw-puzzles", "Draws puzzles with one answer each as text: a line per puzzle, mazes as lines with an empty line between.")
        {
            kind, file, count, least, most, seed, borderless, guesses,
        };
        command.SetAction(result =>
        {
            string name = result.GetRequiredValue(kind);
            var request = new DrawnPuzzles
            {
                Count = result.GetValue(count),
                Seed = result.GetValue(seed),
                Guesses = result.GetValue(guesses)!,
                Recipe = Recipe(name, result.GetValue(least), result.GetValue(most), result.GetValue(borderless), result.GetValue(seed)),
            };
            long began = clock.GetTimestamp();
            int written = request.Write(result.GetRequiredValue(file).FullName);
            AnsiConsole.Profile.Out.Writer.WriteLine($"{written} puzzles, {written / clock.GetElapsedTime(began).TotalSeconds:0.#} per second on one thread.");
        });
        return command;
    }

    private static PuzzleRecipe Recipe(string kind, int least, int most, bool isBorderless, int seed)
    {
        int smallest = least > 0 ? least : kind switch { "maze" => 9, "sudoku" => 17, _ => 16 };
        int largest = Math.Max(smallest, most);
        foreach ((string option, int size) in (ReadOnlySpan<(string, int)>)[("--least", smallest), ("--most", largest)])
        {
            if (PuzzleCatalogue.SizeFault(kind, size) is { } fault)
            {
                throw new CommandException($"{option} {fault}");
            }
        }

        // One minimal puzzle for each that is drawn: none is another's image under a symmetry but by chance.
        return new PuzzleRecipe { Kind = kind, Least = smallest, Most = largest, BorderlessShare = isBorderless ? 1 : 0, Pool = int.MaxValue, PoolSeed = seed };
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
