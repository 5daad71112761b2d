using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;

namespace Deq.Benchmarks.Reasoning;

/// <summary>What a bundle says of its control: the same cell, trained with one start and one depth.</summary>
internal static class ControlTable
{
    private const string Recipe = "control.json";
    private const string ModelRecipe = "recipe.json";
    private const string Log = "control.csv";
    private const string Card = "MODEL_CARD.md";
    private const string Heading = "### Control";

    /// <summary>The section of the page; empty where a bundle has no control.</summary>
    /// <param name="directory">The bundle.</param>
    public static string Of(string directory)
    {
        string path = Path.Combine(directory, Recipe);
        return File.Exists(path)
            ? Export.Tasks.Reasoning.Evaluation.ControlTable.Of(
                ReasoningRecipeReader.ReadControl(path), ReasoningRecipeReader.Read(Path.Combine(directory, ModelRecipe)),
                new TrainingLog(File.ReadAllLines(Path.Combine(directory, Log))), $"`{Recipe}` in its bundle")
                + Remark(File.ReadAllLines(Path.Combine(directory, Card))) + "\n"
            : "";
    }

    /// <summary>What the card says below its table of the control; empty where that is nothing.</summary>
    private static string Remark(string[] card) => string.Join(
        '\n',
        card.SkipWhile(line => line != Heading).SkipWhile(line => !line.StartsWith('|')).SkipWhile(line => line.StartsWith('|')).TakeWhile(line => !line.StartsWith('#')));
}
