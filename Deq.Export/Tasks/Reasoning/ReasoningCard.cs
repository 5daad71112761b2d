using Deq.Export.Bundling;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>What the model card of a reasoner says in the task's own words.</summary>
internal static class ReasoningCard
{
    /// <summary>The text for a model.</summary>
    /// <param name="manifest">The model.</param>
    /// <param name="puzzles">What it was trained on, of one kind.</param>
    public static CardText Of(ModelManifest manifest, IReadOnlyList<PuzzleRecipe> puzzles)
    {
        ReasoningContract reasoning = ReasoningContract.Of(manifest);
        string size = manifest.Input.Sizes is { } sizes ? $", of any size up to {sizes.MostPixels} places" : $" of {manifest.Input.Height} x {manifest.Input.Width} places";
        return new CardText
        {
            Facts =
            [
                $"**Task**: {manifest.Task}: tokens in, their answer out, in the same shape.",
                $"**Tokens**: `{reasoning.Characters}` as {Layout(reasoning.Layout)}{size}.",
                $"**Solve by default**: {manifest.Defaults.Solver}, effort {EffortLevel.Default}. The residual is the relative change of the state in one evaluation.",
            ],
            Training = TrainingOn(puzzles),
            TrainCommand = $"train models/{manifest.Name}/recipe.json",
            ExportOptions = " --data puzzles",
            Curves = "loss, exact answers and residual by step",
            Limits = LimitsOf(puzzles)
                + " A small residual says that the state has come to rest, not that the answer is right: where there is a checker, that says it.",
        };
    }

    private static string Layout(string layout) => layout switch
    {
        "line" => "one line",
        "lines" => "lines",
        _ => "one line, row after row,",
    };

    /// <summary>How its puzzles were come by; ratings only where they chose some of them.</summary>
    /// <param name="puzzles">What it was trained on.</param>
    public static string TrainingOn(IReadOnlyList<PuzzleRecipe> puzzles)
    {
        double[] ratings = [.. puzzles.Select(entry => entry.LeastGuesses).Where(guesses => guesses > 0)];
        string chosen = ratings.Length == 0 ? "" : FormattableString.Invariant(
            $" A rating chose those of {ratings.Length} of {puzzles.Count} entries of the recipe: at least {ratings.Min():0.##} guesses.");
        return $"Its puzzles were drawn.{chosen} No puzzle, checker or rating beyond that took part.";
    }

    /// <summary>What it was not trained for.</summary>
    /// <param name="puzzles">What it was trained on.</param>
    public static string LimitsOf(IReadOnlyList<PuzzleRecipe> puzzles) => puzzles[0].Kind switch
    {
        "maze" => "Trained on mazes in which one way leads from S to G. Where there are several ways, or rooms wider than a corridor, messages go in circles: "
            + "the answer may be wrong or no way, and the state may not come to rest.",
        "sudoku" => "Trained on puzzles with one solution. Puzzles that need many guesses are often not solved, and then usually not settled; "
            + "of a puzzle with several solutions it may give none.",
        _ => $"Trained on at most {puzzles.Max(entry => entry.Most)} tokens and measured to the lengths above; longer inputs are solved as far as the evaluations reach.",
    };
}
