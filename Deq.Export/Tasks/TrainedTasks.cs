using System.Text.Json;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Latent;
using Deq.Export.Tasks.Reasoning;
using Deq.Export.Tasks.Restoration;
using Deq.Export.Training;

namespace Deq.Export.Tasks;

/// <summary>The tasks that models are trained for. A new one is its folder and a line here.</summary>
/// <param name="all">The tasks; the first is asked for what names none.</param>
internal sealed class TrainedTasks(params IReadOnlyList<ITrainedTask> all)
{
    /// <summary>Those of this program.</summary>
    public static TrainedTasks OfProgram { get; } = new(
        new ClassifierTask(),
        new ReasoningTask(),
        new RestorationTask(),
        new LatentTask(),
        new FlowTask());

    /// <summary>All of them.</summary>
    public IReadOnlyList<ITrainedTask> All => all;

    /// <summary>The task of a name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public ITrainedTask Named(string name) => all.FirstOrDefault(task => task.Name == name)
        ?? throw new InvalidDataException($"There is no task \"{name}\" here; known: {string.Join(", ", all.Select(task => task.Name))}.");

    /// <summary>The task of a recipe: what its key <c>task</c> says, or what its sections are those of.</summary>
    /// <param name="path">The recipe's file; where it is faulty, the task that is answered will say so.</param>
    public ITrainedTask OfRecipe(string path)
    {
        JsonElement recipe = RecipeFile.Look(path);
        return recipe.ValueKind != JsonValueKind.Object ? all[0]
            : recipe.TryGetProperty(SharedSections.TaskKey, out JsonElement name) && name.ValueKind == JsonValueKind.String ? Named(name.GetString()!)
            : all.FirstOrDefault(task => task.IsRecipeOf(recipe)) ?? all[0];
    }

    /// <summary>The task of a checkpoint, and how far its run had come.</summary>
    /// <param name="directory">A whole checkpoint.</param>
    /// <exception cref="InvalidDataException">Its progress is damaged or names another task.</exception>
    public (ITrainedTask Task, TrainingProgress Progress) OfCheckpoint(string directory)
    {
        TrainingProgress progress = Checkpoint.ReadProgress(
            directory, earlier => all.Select(task => task.ReadEarlier(earlier)).FirstOrDefault(read => read is not null));
        return (Named(progress.Task), progress);
    }
}
