using Deq.Export.Bundling;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>What the model card of a reasoner says in the task's own words.</summary>
internal static class ReasoningCard
{
    /// <summary>The text for a model.</summary>
    /// <param name="manifest">The model.</param>
    /// <param name="kind">The puzzles that it was trained on.</param>
    public static CardText Of(ModelManifest manifest, string kind)
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
            Training = "Its puzzles were drawn. No puzzle, checker or rating beyond that took part.",
            TrainCommand = $"train models/{manifest.Name}/recipe.json",
            ExportOptions = " --data puzzles",
            Curves = "loss, exact answers and residual by step",
            Limits = LimitsOf(kind)
                + " A small residual says that the state has come to rest, not that the answer is right: where there is a checker, that says it.",
        };
    }

    private static string Layout(string layout) => layout switch
    {
        "line" => "one line",
        "lines" => "lines",
        _ => "one line, row after row,",
    };

    private static string LimitsOf(string kind) => kind switch
    {
        "maze" => "Trained on mazes in which one way leads from S to G. Where there are several ways, or rooms wider than a corridor, messages go in circles: "
            + "the answer may be wrong or no way, and the state may not come to rest.",
        "sudoku" => "Trained on puzzles with one solution. Puzzles that need many guesses are often not solved, and then usually not settled; "
            + "of a puzzle with several solutions it may give none.",
        _ => "Trained on at most 16 tokens and measured to the lengths above; longer inputs are solved as far as the evaluations reach.",
    };
}
