using System.Text.Json;
using System.Text.RegularExpressions;
using Deq.Export.Gradients;
using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;

namespace Deq.Export.Recipes;

/// <summary>Turns a recipe's JSON into records, key by key, with the range of each. docs/recipes.md lists the same.</summary>
internal static partial class RecipeReader
{
    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static TrainingRecipe Read(string path) => RecipeFile.Read(path, Read, RecipeContradictions.Find);

    private static TrainingRecipe Read(RecipeSection file)
    {
        TrainingRecipe recipe = new()
        {
            Name = file.Text("name", null, ModelName().IsMatch, "1 to 64 lower-case letters, digits and hyphens, a letter or digit first"),
            Version = file.Text("version", "1.0.0", ModelVersion().IsMatch, "three numbers with dots, such as \"1.0.0\""),
            Description = file.Text("description", ""),
            Seed = file.Whole("seed", 0, 0, int.MaxValue),
            Labels = Labels(file),
            Input = Input(file.RequiredSection("input")),
            Dataset = Dataset(file.OptionalSection("dataset")),
            Augmentation = Augmentation(file.OptionalSection("augmentation")),
            Architecture = Architecture(file.RequiredSection("architecture")),
            Solver = Solver(file.OptionalSection("solver")),
            Gradient = Gradient(file.OptionalSection("gradient")),
            JacobianRegularization = file.Has("jacobianRegularization") ? Jacobian(file.RequiredSection("jacobianRegularization")) : null,
            Correction = file.Has("correction") ? Correction(file.RequiredSection("correction")) : null,
            Optimizer = Optimizer(file.RequiredSection("optimizer")),
            Schedule = Schedule(file.OptionalSection("schedule")),
            Training = Loop(file.RequiredSection("training")),
            Serving = Serving(file.RequiredSection("serving")),
        };
        file.RejectTheRest();
        return recipe;
    }

    private static string[]? Labels(RecipeSection file)
    {
        IReadOnlyList<JsonElement>? labels = file.List<JsonElement>("labels", false, 2, 10_000, (place, item) =>
        {
            if (item.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(item.GetString()))
            {
                return item;
            }

            file.Reject(place, "a text that is not blank", item);
            return null;
        });
        return labels is null ? null : [.. labels.Select(label => label.GetString()!)];
    }

    private static ImageInput Input(RecipeSection section) => Finish(section, new ImageInput
    {
        Channels = section.Whole("channels", null, 1, 3),
        Height = section.Whole("height", null, 4, 1024),
        Width = section.Whole("width", null, 4, 1024),
        Mean = section.Numbers("mean", true, 1, 3, NumberRange.Closed(0, 1)) ?? [],
        Deviation = section.Numbers("deviation", true, 1, 3, NumberRange.Closed(1e-3, 1)) ?? [],
        Resize = section.Choice("resize", "fit", ["fit", "crop", "stretch"]),
        Background = section.Whole("background", 0, 0, 255),
    });

    private static DatasetRecipe Dataset(RecipeSection section) => Finish(section, new DatasetRecipe
    {
        Format = section.Choice("format", "auto", ["auto", .. DatasetFormats.Names]),
        ValidationShare = section.Number("validationShare", 0.1, NumberRange.Closed(0.001, 0.5)),
    });

    private static AugmentationRecipe Augmentation(RecipeSection section) => Finish(section, new AugmentationRecipe
    {
        HorizontalFlip = section.Flag("horizontalFlip", false),
        ShiftPixels = section.Whole("shiftPixels", 0, 0, 512),
        EraseProbability = section.Number("eraseProbability", 0, NumberRange.Closed(0, 1)),
        EraseArea = section.Number("eraseArea", 0.1, NumberRange.Above(0, 0.5)),
    });

    private static ArchitectureRecipe Architecture(RecipeSection section) => Finish(section, new ArchitectureRecipe
    {
        Kind = section.Choice("kind", "multiscale-classifier", ArchitectureCatalogue.Kinds),
        Channels = section.Wholes("channels", true, 1, 6, 4096) ?? [],
        Expansion = section.Whole("expansion", 2, 1, 8),
        Groups = section.Whole("groups", 8, 1, 256),
        StemChannels = section.Whole("stemChannels", null, 1, 4096),
        StemStride = section.Whole("stemStride", 2, 1, 4),
        StemBlocks = section.Whole("stemBlocks", 0, 0, 16),
        HeadChannels = section.Wholes("headChannels", false, 1, 6, 4096),
        Reparametrization = section.Choice("reparametrization", "weight-norm", Layers.Reparametrizations),
    });

    private static SolverRecipe Solver(RecipeSection section) => Finish(section, new SolverRecipe
    {
        Method = section.Choice("method", "anderson", FixedPointMethods.Names),
        Tolerance = section.Number("tolerance", 1e-3, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", 12, 1, 1000),
        MinEvaluations = section.Has("minEvaluations") ? section.Whole("minEvaluations", null, 1, 1000) : null,
        Start = section.Choice("start", "zeros", StepDraws.Starts),
    });

    private static GradientRecipe Gradient(RecipeSection section) => Finish(section, new GradientRecipe
    {
        Kind = section.Choice("kind", "phantom-unrolled", GradientCatalogue.Kinds),
        Steps = section.Whole("steps", 5, 1, 50),
        Damping = section.Number("damping", 0.5, NumberRange.Above(0, 1)),
        Tolerance = section.Number("tolerance", 1e-3, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", 12, 1, 1000),
        Method = section.Has("method") ? section.Choice("method", null, FixedPointMethods.Names) : null,
        WarmStart = section.Flag("warmStart", false),
        FallbackRatio = section.Number("fallbackRatio", 1.3, NumberRange.Above(1, 1000)),
        Refinements = section.Whole("refinements", 0, 0, 50),
        Inverse = section.Choice("inverse", "broyden", GradientRecipe.Inverses),
        OpaEvery = section.Whole("opaEvery", 0, 0, 100),
    });

    private static JacobianRecipe Jacobian(RecipeSection section) => Finish(section, new JacobianRecipe
    {
        Weight = section.Number("weight", null, NumberRange.Above(0, 100)),
        Probability = section.Number("probability", 1, NumberRange.Above(0, 1)),
        Samples = section.Whole("samples", 1, 1, 8),
        LaterWeight = section.Has("laterWeight") ? section.Number("laterWeight", null, NumberRange.Closed(0, 100)) : null,
        LaterFromEpoch = section.Whole("laterFromEpoch", 1, 1, 100_000),
        At = section.Choice("at", "solution", ["solution", "trajectory"]),
    });

    private static CorrectionRecipe Correction(RecipeSection section) => Finish(section, new CorrectionRecipe
    {
        States = section.Whole("states", null, 1, 8),
        Weights = section.Choice("weights", "exponential", ["exponential", "linear", "constant"]),
        Gamma = section.Number("gamma", 0.8, NumberRange.Above(0, 1)),
        Steps = section.Whole("steps", 1, 1, 10),
    });

    internal static OptimizerRecipe Optimizer(RecipeSection section) => Finish(section, new OptimizerRecipe
    {
        Kind = section.Choice("kind", "adamw", Optimizers.Kinds),
        LearningRate = section.Number("learningRate", null, NumberRange.Above(0, 10)),
        WeightDecay = section.Number("weightDecay", 0, NumberRange.Closed(0, 1)),
        Momentum = section.Number("momentum", 0.9, NumberRange.Below(0, 1)),
    });

    private static ScheduleRecipe Schedule(RecipeSection section) => Finish(section, new ScheduleRecipe
    {
        Kind = section.Choice("kind", "one-cycle", LearningRate.Kinds),
        WarmUpShare = section.Number("warmUpShare", 0.1, NumberRange.Closed(0, 0.9)),
        FinalFactor = section.Number("finalFactor", 0.01, NumberRange.Closed(0, 1)),
        RestartAfterEpoch = section.Whole("restartAfterEpoch", 0, 0, 10_000),
        RestartFactor = section.Number("restartFactor", 0.5, NumberRange.Above(0, 1)),
    });

    private static LoopRecipe Loop(RecipeSection section) => Finish(section, new LoopRecipe
    {
        Epochs = section.Whole("epochs", null, 1, 10_000),
        BatchSize = section.Whole("batchSize", 100, 1, 10_000),
        GradientClip = section.Number("gradientClip", 1, NumberRange.Above(0, 1e6)),
        LabelSmoothing = section.Number("labelSmoothing", 0, NumberRange.Closed(0, 0.5)),
        AverageDecay = section.Number("averageDecay", 0, NumberRange.Below(0, 1)),
        PretrainEpochs = section.Whole("pretrainEpochs", 0, 0, 10_000),
        PretrainSteps = section.Whole("pretrainSteps", 3, 1, 20),
        Dropout = section.Number("dropout", 0, NumberRange.Closed(0, 0.9)),
        CompareGradientEvery = section.Whole("compareGradientEvery", 0, 0, 1_000_000),
        CheckpointMinutes = section.Whole("checkpointMinutes", 5, 1, 1440),
    });

    private static SolveDefaults Serving(RecipeSection section) => Finish(section, new SolveDefaults
    {
        Solver = section.Choice("solver", null, FixedPointMethods.Names),
        Tolerance = section.Number("tolerance", null, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", null, 1, 1000),
        EvaluationsLimit = section.Whole("evaluationsLimit", null, 1, 1000),
        ToleranceLimit = section.Number("toleranceLimit", null, NumberRange.Open(0, 1)),
    });

    private static T Finish<T>(RecipeSection section, T read)
    {
        section.RejectTheRest();
        return read;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ModelName();

    [GeneratedRegex("^[0-9]{1,6}(\\.[0-9]{1,6}){2}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ModelVersion();
}
