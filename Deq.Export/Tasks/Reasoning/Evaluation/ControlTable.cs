using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>What a control came to: the same cell, commonly trained with one start and one depth; the text says what it was.</summary>
internal static class ControlTable
{
    /// <summary>The section, Markdown with its heading.</summary>
    /// <param name="recipe">The control's.</param>
    /// <param name="model">The model's, beside which it is shown.</param>
    /// <param name="log">The control's, of which the last line counts.</param>
    /// <param name="name">How the text calls the recipe's file.</param>
    public static string Of(ReasoningRecipe recipe, ReasoningRecipe model, TrainingLog log, string name)
    {
        string puzzles = recipe.Puzzles.SequenceEqual(model.Puzzles) ? "the same puzzles" : "other puzzles";
        var text = new StringBuilder(FormattableString.Invariant($"""
            ### Control

            The same cell, trained on {puzzles} with {Start(recipe.Solve)} and {Depth(recipe.Solve)} evaluations ({name}), for {Last("step"):0} steps; evaluated by TorchSharp.

            | size | puzzles | evaluations | exact | exact from noise | alignment |
            |---|---|---|---|---|---|

            """));
        for (int line = 0; line < recipe.Validation.Count; line++)
        {
            ReasoningTestRecipe test = recipe.Validation[line];
            string size = test.Puzzles.Kind == "sudoku" ? $"{test.Puzzles.Most} givens" : $"{test.Puzzles.Most}";
            text.Append(CultureInfo.InvariantCulture, $"| {size} | {test.Count} | {test.Evaluations} | {ReasoningTables.Percent(Last($"exact_{line}"))} ")
                .Append(CultureInfo.InvariantCulture, $"| {ReasoningTables.Percent(Last($"noise_exact_{line}"))} | {Last($"alignment_{line}"):0.0000} |\n");
        }

        return text.ToString();

        double Last(string column) => log.Column(column)[^1];
    }

    private static string Start(ReasoningSolveRecipe solve) =>
        solve.ZeroShare >= 1 ? "one start, zero," : $"several starts, {ReasoningTables.Percent(solve.ZeroShare)} of them zero,";

    private static string Depth(ReasoningSolveRecipe solve)
    {
        int fewest = solve.FewestFree + solve.FewestSteps;
        int most = Math.Max(solve.MostFreeAtFirst, solve.MostFree) + solve.MostSteps;
        return fewest == most ? $"one depth, {most}" : $"several depths, {fewest} to {most}";
    }
}
