using System.Globalization;
using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.FirstRecipe;

/// <summary>The recipe that a newcomer starts from: the layers and the training that the shipped models were made with, fitted to the data.</summary>
internal static class FirstRecipeText
{
    /// <summary>Images that a run should see, repeats included: a few hundred steps in small batches.</summary>
    private const int ImagesSeen = 6000;

    private const int FewestEpochs = 10;
    private const int MostEpochs = 40;

    /// <summary>A small data set needs small batches, or its epochs are too few steps.</summary>
    private const int FewestSteps = 16;

    /// <summary>Epochs for so many training images.</summary>
    public static int EpochsFor(int images) => Math.Clamp(ImagesSeen / Math.Max(1, images), FewestEpochs, MostEpochs);

    /// <summary>The recipe as JSON with comments.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="survey">The data.</param>
    /// <param name="schema">Where the schema lies, as seen from the recipe.</param>
    public static string Of(string name, ImageSurvey survey, string schema)
    {
        int epochs = EpochsFor(survey.Images);
        int batch = Math.Clamp(survey.Images * 9 / 10 / FewestSteps, 8, 100);
        ImageInput input = survey.Input;
        string classes = JsonSerializer.Serialize($"{survey.Classes.Count} classes: {string.Join(", ", survey.Classes.Take(10).Select(each => each.Name))}{(survey.Classes.Count > 10 ? ", …" : "")}.");
        return $$"""
            {
              "$schema": {{JsonSerializer.Serialize(schema)}},
              "name": "{{name}}",
              "description": {{classes}},
              "seed": 1,

              // How an image becomes numbers; mean and deviation were measured on the training images. "resize" may be fit, crop or stretch.
              "input": { "channels": {{input.Channels}}, "height": {{input.Height}}, "width": {{input.Width}}, "mean": {{List(input.Mean)}}, "deviation": {{List(input.Deviation)}}, "resize": "fit" },
              "dataset": { "format": "auto", "validationShare": 0.1 },

              // Set horizontalFlip to true if mirroring leaves an image in its class.
              "augmentation": { "horizontalFlip": false, "shiftPixels": 1 },
              "architecture": { "channels": [24, 48], "expansion": 1, "stemChannels": 48, "stemStride": 2, "stemBlocks": 1, "headChannels": [48, 96] },
              "solver": { "method": "picard", "tolerance": 0.001, "maxEvaluations": 6 },
              "gradient": { "kind": "phantom-unrolled", "steps": 3, "damping": 0.5 },

              // Keeps the cell a contraction, so that solves converge. Raise the weight if train warns that they do not.
              "jacobianRegularization": { "weight": 0.6, "probability": 0.3 },
              "optimizer": { "learningRate": 0.003, "weightDecay": 0.05 },
              "schedule": { "kind": "one-cycle", "warmUpShare": 0.15 },
              "training": { "epochs": {{epochs}}, "batchSize": {{batch}}, "labelSmoothing": 0.05 },
              "serving": { "solver": "anderson", "tolerance": 0.02, "maxEvaluations": 24, "evaluationsLimit": 100, "toleranceLimit": 0.00001 }
            }

            """;
    }

    private static string List(IReadOnlyList<double> numbers) =>
        $"[{string.Join(", ", numbers.Select(number => number.ToString("0.###", CultureInfo.InvariantCulture)))}]";
}
