using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>What a control came to: the same cell, trained with one start and one depth.</summary>
internal static class ControlTable
{
    /// <summary>The section, Markdown with its heading.</summary>
    /// <param name="recipe">The control's.</param>
    /// <param name="log">The control's, of which the last line counts.</param>
    /// <param name="name">How the text calls the recipe's file.</param>
    public static string Of(ReasoningRecipe recipe, TrainingLog log, string name)
    {
        var text = new StringBuilder(FormattableString.Invariant($"""
            ### Control

            The same cell, trained on the same puzzles with one start, zero, and one depth, {recipe.Solve.MostFree + recipe.Solve.MostSteps} evaluations ({name}), for {recipe.Training.Steps} steps; evaluated by TorchSharp.

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
}
