using System.CommandLine;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Evaluation;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using static TorchSharp.torch;

namespace Deq.Export.Tasks;

/// <summary>A task as models of it are trained, exported, verified and evaluated. A new one is its folder and a line in <see cref="TrainedTasks"/>.</summary>
internal interface ITrainedTask
{
    /// <summary>As manifests, recipes and checkpoints name it.</summary>
    string Name { get; }

    /// <summary>Whether a recipe without the key <c>task</c> is one of this task's: recipes were written before they named it.</summary>
    bool IsRecipeOf(JsonElement recipe) => false;

    /// <summary>Whether quality is measured on the data set that models are trained on. Default yes.</summary>
    bool IsMeasuredOnTrainingData => true;

    /// <summary>Begins a training run.</summary>
    /// <param name="recipe">The recipe's file.</param>
    /// <param name="place">Data and device.</param>
    /// <exception cref="Recipes.RecipeException">The recipe cannot be followed.</exception>
    /// <exception cref="Datasets.DatasetException">The data cannot be read.</exception>
    /// <exception cref="CommandLine.CommandException">There are data, and none are taken.</exception>
    ITrainingRun Begin(string recipe, TrainingPlace place);

    /// <summary>Reads the progress of a checkpoint that was written before checkpoints named their task; null where it is none of this task's.</summary>
    /// <param name="progress">The root of <c>progress.json</c>.</param>
    TrainingProgress? ReadEarlier(JsonElement progress) => null;

    /// <summary>What a checkpoint becomes in a bundle: graphs, manifest and card.</summary>
    /// <param name="recipe">The checkpoint's recipe.</param>
    /// <param name="progress">How far the run had come.</param>
    BundleParts Parts(string recipe, TrainingProgress progress);

    /// <summary>
    /// What a bundle says of a control, a run of the same cell without what its recipe adds to it; null where the task has no controls.
    /// </summary>
    /// <param name="recipe">The recipe of the bundle's checkpoint.</param>
    /// <param name="checkpoint">The control's whole checkpoint.</param>
    /// <param name="progress">How far the control had come.</param>
    /// <exception cref="InvalidDataException">The control has another cell, or has measured nothing.</exception>
    ControlPart? Control(string recipe, string checkpoint, TrainingProgress progress) => null;

    /// <summary>How a bundle is compared with the graphs of its recipe.</summary>
    /// <param name="bundle">An open bundle with a recipe.</param>
    /// <param name="samples">Which inputs to compare on.</param>
    VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples);

    /// <summary>Measures a bundle on data.</summary>
    EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request);

    /// <summary>Options that <c>evaluate</c> takes for this task besides those of all; read from <see cref="EvaluationRequest.Options"/>.</summary>
    IReadOnlyList<Option> EvaluationOptions => [];

    /// <summary>Other names of the command <c>train</c>, from when each task had its own.</summary>
    IReadOnlyList<string> TrainAliases => [];

    /// <summary>Commands of this task alone.</summary>
    /// <param name="train">What the command <c>train</c> does, for commands that end in a training; gives the exit code.</param>
    IReadOnlyList<Command> Commands(Func<TrainRequest, CancellationToken, int> train) => [];
}

/// <summary>What a training run is given besides its recipe.</summary>
/// <param name="Data">The data set; null for none.</param>
/// <param name="Device">Where it computes.</param>
/// <param name="IsResumed">Whether it goes on with a run that began earlier, perhaps under fewer rules. Default false.</param>
internal sealed record TrainingPlace(DirectoryInfo? Data, Device Device, bool IsResumed = false);
