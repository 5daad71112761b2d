using Deq.Export.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>Everything that decides a training run of a classifier: the same recipe, images and code give the same weights.</summary>
/// <remarks>A JSON file, key by key in docs/recipes.md. Every value is in its range.</remarks>
internal sealed record ClassifierRecipe
{
    /// <summary>The bundle's name: lower-case letters, digits and hyphens, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version: three numbers with dots. Default 1.0.0.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>One sentence for people. Default empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Decides initial weights, split, order and augmentation; at least 0. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Class names by index, at least two; null takes the data set's own.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>How an image becomes the encoder's input, in training and in serving.</summary>
    public required ImageInput Input { get; init; }

    /// <summary>How the images are stored and split.</summary>
    public DatasetRecipe Dataset { get; init; } = new();

    /// <summary>How training images are varied. Default: not at all.</summary>
    public AugmentationRecipe Augmentation { get; init; } = new();

    /// <summary>Training on images that are changed against the model; null for none, the default.</summary>
    public AdversarialRecipe? Adversarial { get; init; }

    /// <summary>The layers.</summary>
    public required ArchitectureRecipe Architecture { get; init; }

    /// <summary>The forward solve in training.</summary>
    public SolverRecipe Solver { get; init; } = new();

    /// <summary>How the loss's gradient gets through the equilibrium.</summary>
    public GradientRecipe Gradient { get; init; } = new();

    /// <summary>The penalty on the cell's Jacobian; null for none, the default.</summary>
    public JacobianRecipe? JacobianRegularization { get; init; }

    /// <summary>The loss at states on the way to the solution; null for none, the default.</summary>
    public CorrectionRecipe? Correction { get; init; }

    /// <summary>What moves the weights.</summary>
    public required OptimizerRecipe Optimizer { get; init; }

    /// <summary>How the learning rate changes over the run.</summary>
    public ScheduleRecipe Schedule { get; init; } = new();

    /// <summary>The training loop.</summary>
    public required LoopRecipe Training { get; init; }

    /// <summary>The solve that the bundle offers, and that its quality is measured with.</summary>
    public required SolveDefaults Serving { get; init; }

    /// <summary>What a training step needs of it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public EquilibriumRecipe Equilibrium => new()
    {
        Seed = Seed,
        Solver = Solver,
        Gradient = Gradient,
        JacobianRegularization = JacobianRegularization,
        Correction = Correction,
        Training = Training,
    };

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">A JSON file; comments and trailing commas are allowed.</param>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static ClassifierRecipe Read(string path) => ClassifierRecipeReader.Read(path);
}
