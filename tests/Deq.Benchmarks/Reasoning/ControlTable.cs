using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;

namespace Deq.Benchmarks.Reasoning;

/// <summary>What a bundle says of its control: the same cell, trained with one start and one depth.</summary>
internal static class ControlTable
{
    private const string Recipe = "control.json";
    private const string Log = "control.csv";

    /// <summary>The section of the page; empty where a bundle has no control.</summary>
    /// <param name="directory">The bundle.</param>
    public static string Of(string directory)
    {
        string path = Path.Combine(directory, Recipe);
        if (!File.Exists(path))
        {
            return "";
        }

        ReasoningRecipe recipe = ReasoningRecipeReader.Read(path);
        var log = new TrainingLog(File.ReadAllLines(Path.Combine(directory, Log)));
        var text = new StringBuilder(FormattableString.Invariant($"""
            ### Control

            The same cell, trained on the same puzzles with one start, zero, and one depth, {recipe.Solve.MostFree + recipe.Solve.MostSteps} evaluations (`{Recipe}` in its bundle); evaluated by TorchSharp.

            | size | puzzles | evaluations | exact | exact from noise | alignment |
            |---|---|---|---|---|---|

            """));
        for (int line = 0; line < recipe.Validation.Count; line++)
        {
            ReasoningTestRecipe test = recipe.Validation[line];
            text.Append(CultureInfo.InvariantCulture, $"| {test.Puzzles.Most} | {test.Count} | {test.Evaluations} | {ReasoningTables.Percent(Last($"exact_{line}"))} ")
                .Append(CultureInfo.InvariantCulture, $"| {ReasoningTables.Percent(Last($"noise_exact_{line}"))} | {Last($"alignment_{line}"):0.0000} |\n");
        }

        return text.Append('\n').ToString();

        double Last(string column) => log.Column(column)[^1];
    }
}
