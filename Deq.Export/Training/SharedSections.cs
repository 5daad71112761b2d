using System.Text.RegularExpressions;
using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Export.Training;

/// <summary>Reads the keys and sections that recipes of every task share, with the range of each value. docs/recipes.md lists the same.</summary>
internal static partial class SharedSections
{
    /// <summary>The key of a recipe that names its task; recipes that were written before they said so leave it out.</summary>
    public const string TaskKey = "task";

    /// <summary>The key by which editors find the schema of a recipe; it means nothing here.</summary>
    public const string SchemaKey = "$schema";

    /// <summary>Checks the task's name where it is given.</summary>
    public static void Task(RecipeSection file, string task)
    {
        file.Text(SchemaKey, "");
        file.Choice(TaskKey, task, [task]);
    }

    /// <summary>The model's name, also of its folder: it does not begin with a hyphen, which a shell would take for an option.</summary>
    public static string Name(RecipeSection file) =>
        file.Text("name", null, ModelName().IsMatch, "1 to 64 lower-case letters, digits and hyphens, a letter or digit first");

    /// <summary>The model's own version.</summary>
    public static string Version(RecipeSection file) =>
        file.Text("version", "1.0.0", ModelVersion().IsMatch, "three numbers with dots, such as \"1.0.0\"");

    /// <summary>The model's own version, of tasks that take any text without blanks.</summary>
    public static string FreeVersion(RecipeSection file) => file.Text(
        "version", "1.0.0", version => version.Length is > 0 and <= 64 && version.All(letter => letter is > ' ' and <= '~'), "1 to 64 printable characters without blanks");

    /// <summary>What was read, with every key of the section that was not asked for noted.</summary>
    public static T Finish<T>(RecipeSection section, T read)
    {
        section.RejectTheRest();
        return read;
    }

    /// <summary>The forward solve in training.</summary>
    public static SolverRecipe Solver(RecipeSection section) => Finish(section, Solve(section) with
    {
        MinEvaluations = section.Has("minEvaluations") ? section.Whole("minEvaluations", null, 1, 1000) : null,
        Start = section.Choice("start", "zeros", StepDraws.Starts),
    });

    /// <summary>The forward solve in training, where the inputs say where it starts and its budget is not drawn.</summary>
    public static SolverRecipe SolverOfStarts(RecipeSection section) => Finish(section, Solve(section));

    /// <summary>How the gradient gets through the equilibrium.</summary>
    public static GradientRecipe Gradient(RecipeSection section) => Finish(section, new GradientRecipe
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

    /// <summary>The penalty on the Jacobian.</summary>
    public static JacobianRecipe Jacobian(RecipeSection section) => Finish(section, Penalty(section) with
    {
        LaterWeight = section.Has("laterWeight") ? section.Number("laterWeight", null, NumberRange.Closed(0, 100)) : null,
        LaterFromEpoch = section.Whole("laterFromEpoch", 1, 1, 100_000),
        At = section.Choice("at", "solution", ["solution", "trajectory"]),
    });

    /// <summary>The penalty on the Jacobian at the solution, in a run without epochs.</summary>
    public static JacobianRecipe JacobianOfSteps(RecipeSection section) => Finish(section, Penalty(section));

    /// <summary>The loss at states on the way.</summary>
    public static CorrectionRecipe Correction(RecipeSection section) => Finish(section, new CorrectionRecipe
    {
        States = section.Whole("states", null, 1, 8),
        Weights = section.Choice("weights", "exponential", ["exponential", "linear", "constant"]),
        Gamma = section.Number("gamma", 0.8, NumberRange.Above(0, 1)),
        Steps = section.Whole("steps", 1, 1, 10),
    });

    /// <summary>What moves the weights.</summary>
    public static OptimizerRecipe Optimizer(RecipeSection section) => Finish(section, new OptimizerRecipe
    {
        Kind = section.Choice("kind", "adamw", Optimizers.Kinds),
        LearningRate = section.Number("learningRate", null, NumberRange.Above(0, 10)),
        WeightDecay = section.Number("weightDecay", 0, NumberRange.Closed(0, 1)),
        Momentum = section.Number("momentum", 0.9, NumberRange.Below(0, 1)),
    });

    /// <summary>How the learning rate changes.</summary>
    public static ScheduleRecipe Schedule(RecipeSection section) => Finish(section, Course(section) with
    {
        RestartAfterEpoch = section.Whole("restartAfterEpoch", 0, 0, 10_000),
        RestartFactor = section.Number("restartFactor", 0.5, NumberRange.Above(0, 1)),
    });

    /// <summary>How the learning rate changes in a run without epochs.</summary>
    public static ScheduleRecipe ScheduleOfSteps(RecipeSection section) => Finish(section, Course(section));

    /// <summary>The training loop in epochs.</summary>
    public static LoopRecipe Loop(RecipeSection section) => Finish(section, new LoopRecipe
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

    /// <summary>The solve that the bundle offers.</summary>
    public static SolveDefaults Serving(RecipeSection section) => Finish(section, new SolveDefaults
    {
        Solver = section.Choice("solver", null, FixedPointMethods.Names),
        Tolerance = section.Number("tolerance", null, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", null, 1, 1000),
        EvaluationsLimit = section.Whole("evaluationsLimit", null, 1, 1000),
        ToleranceLimit = section.Number("toleranceLimit", null, NumberRange.Open(0, 1)),
    });

    /// <summary>Notes where the limits of the solve that the bundle offers do not allow that solve.</summary>
    public static void FindContradictions(SolveDefaults serving, RecipeFaults faults)
    {
        faults.AddUnless(
            serving.EvaluationsLimit >= serving.MaxEvaluations,
            $"is {serving.EvaluationsLimit}, below maxEvaluations, {serving.MaxEvaluations}.",
            "serving.evaluationsLimit",
            "serving.maxEvaluations");
        faults.AddUnless(
            serving.ToleranceLimit <= serving.Tolerance, $"is {serving.ToleranceLimit}, above tolerance, {serving.Tolerance}.", "serving.toleranceLimit", "serving.tolerance");
    }

    private static SolverRecipe Solve(RecipeSection section) => new()
    {
        Method = section.Choice("method", "anderson", FixedPointMethods.Names),
        Tolerance = section.Number("tolerance", 1e-3, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", 12, 1, 1000),
    };

    private static JacobianRecipe Penalty(RecipeSection section) => new()
    {
        Weight = section.Number("weight", null, NumberRange.Above(0, 100)),
        Probability = section.Number("probability", 1, NumberRange.Above(0, 1)),
        Samples = section.Whole("samples", 1, 1, 8),
    };

    private static ScheduleRecipe Course(RecipeSection section) => new()
    {
        Kind = section.Choice("kind", "one-cycle", LearningRate.Kinds),
        WarmUpShare = section.Number("warmUpShare", 0.1, NumberRange.Closed(0, 0.9)),
        FinalFactor = section.Number("finalFactor", 0.01, NumberRange.Closed(0, 1)),
    };

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ModelName();

    [GeneratedRegex("^[0-9]{1,6}(\\.[0-9]{1,6}){2}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ModelVersion();
}
