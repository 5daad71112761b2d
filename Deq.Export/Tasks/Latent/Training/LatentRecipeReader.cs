using Deq.Export.Recipes;
using Deq.Export.Training;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>Turns the JSON of a latent decoder's recipe into records, key by key, with the range of each; every fault in one message.</summary>
internal static class LatentRecipeReader
{
    private const int MostSteps = 10_000_000;

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static LatentRecipe Read(string path) => RecipeFile.Read(path, Read, FindContradictions);

    private static LatentRecipe Read(RecipeSection file)
    {
        SharedSections.Task(file, LatentTask.TaskName);
        return SharedSections.Finish(file, new LatentRecipe
        {
            Name = SharedSections.Name(file),
            Version = SharedSections.Version(file),
            Description = file.Text("description", ""),
            Seed = file.Whole("seed", 0, 0, int.MaxValue),
            Image = Image(file.OptionalSection("image")),
            Decoder = Decoder(file.RequiredSection("decoder")),
            Inference = Inference(file.OptionalSection("inference")),
            Jacobian = file.Has("jacobianRegularization") ? SharedSections.JacobianOfSteps(file.RequiredSection("jacobianRegularization")) : null,
            Optimizer = SharedSections.Optimizer(file.RequiredSection("optimizer")),
            Schedule = SharedSections.ScheduleOfSteps(file.OptionalSection("schedule")),
            Training = Loop(file.RequiredSection("training")),
            Serving = SharedSections.Serving(file.RequiredSection("serving")),
        });
    }

    private static ImageInput Image(RecipeSection section) => SharedSections.Finish(section, new ImageInput
    {
        Channels = 1,
        Height = section.Whole("height", 28, 4, 1024),
        Width = section.Whole("width", 28, 4, 1024),
        Mean = [0],
        Deviation = [1],
    });

    private static DecoderRecipe Decoder(RecipeSection section) => SharedSections.Finish(section, new DecoderRecipe
    {
        Latents = section.Whole("latents", null, 1, 4096),
        Channels = section.Whole("channels", null, 4, 512),
        InnerChannels = section.Whole("innerChannels", null, 4, 1024),
        Groups = section.Whole("groups", 8, 1, 64),
        Scale = section.Whole("scale", 4, 1, 16),
    });

    private static InferenceRecipe Inference(RecipeSection section)
    {
        var usual = new InferenceRecipe();
        return SharedSections.Finish(section, new InferenceRecipe
        {
            Evaluations = section.Whole("evaluations", usual.Evaluations, 1, 1000),
            StateStep = section.Number("stateStep", usual.StateStep, NumberRange.Above(0, 1)),
            MultiplierStep = section.Number("multiplierStep", usual.MultiplierStep, NumberRange.Above(0, 1)),
            InputStep = section.Number("inputStep", usual.InputStep, NumberRange.Above(0, 1000)),
            Prior = section.Number("prior", usual.Prior, NumberRange.Closed(0, 1000)),
            Gradient = section.Choice("gradient", usual.Gradient, InferenceRecipe.Gradients),
        });
    }

    private static LatentLoopRecipe Loop(RecipeSection section) => SharedSections.Finish(section, new LatentLoopRecipe
    {
        Steps = section.Whole("steps", null, 1, MostSteps),
        BatchSize = section.Whole("batchSize", 64, 1, 4096),
        HeldOut = section.Whole("heldOut", 1000, 1, 1_000_000),
        GradientClip = section.Number("gradientClip", 1, NumberRange.Above(0, 1e6)),
        AverageDecay = section.Number("averageDecay", 0.99, NumberRange.Below(0, 1)),
        ReportEvery = section.Whole("reportEvery", 50, 1, MostSteps),
    });

    private static void FindContradictions(LatentRecipe recipe, RecipeFaults faults)
    {
        SharedSections.FindContradictions(recipe.Serving, faults);
        int scale = recipe.Decoder.Scale;
        faults.AddUnless(recipe.Image.Height % scale == 0, $"is {recipe.Image.Height}; it is a multiple of decoder.scale, {scale}.", "image.height", "decoder.scale");
        faults.AddUnless(recipe.Image.Width % scale == 0, $"is {recipe.Image.Width}; it is a multiple of decoder.scale, {scale}.", "image.width", "decoder.scale");
    }
}
