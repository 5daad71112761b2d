using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>What a reasoner's manifest says of its recipe.</summary>
internal static class ReasoningManifest
{
    /// <summary>The manifest of a recipe, without graphs and provenance.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="source">Draws its first puzzles.</param>
    public static ModelManifest Of(ReasoningRecipe recipe, IPuzzleSource source)
    {
        TokenVocabulary vocabulary = source.Vocabulary;
        var reasoning = new ReasoningContract
        {
            Layout = source.Layout.ToString().ToLowerInvariant(),
            Characters = string.Concat(vocabulary.Characters),
            Aliases = vocabulary.Aliases.ToDictionary(alias => $"{alias.Key}", alias => alias.Value),
            Blanks = vocabulary.Blanks,
            Answers = vocabulary.Answers,
            Checker = AnswerCheckers.Find(recipe.Puzzles[0].Kind)?.Name,
            StartNoise = recipe.Solve.Noise,
            Efforts = recipe.Serving.Efforts,
        };
        ImageInput input = Input(recipe.Serving, source.Layout);
        return BundleParts.Described(recipe.Name, recipe.Version, ReasoningTask.TaskName, recipe.Description, input, recipe.Serving.Defaults) with
        {
            Sections = new Dictionary<string, JsonElement> { [ReasoningContract.Section] = ModelManifest.Section(reasoning) },
        };
    }

    /// <summary>How a reasoner's text is laid out.</summary>
    public static TokenLayout Layout(ReasoningContract reasoning) => Enum.Parse<TokenLayout>(reasoning.Layout, ignoreCase: true);

    private static ImageInput Input(ReasoningServingRecipe serving, TokenLayout layout)
    {
        var tokens = new ImageInput { Channels = 1, Mean = [0], Deviation = [1], Resize = "none" };
        return layout == TokenLayout.Cells
            ? tokens with { Height = SudokuChecker.Side, Width = SudokuChecker.Side }
            : tokens with
            {
                Sizes = new FrameSizes
                {
                    Multiple = 1,
                    LeastSide = 1,
                    MostPixels = serving.MostPlaces,
                    TypicalHeight = serving.TypicalHeight,
                    TypicalWidth = serving.TypicalWidth,
                },
            };
    }
}
