using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification;

/// <summary>The architectures that recipes may name. A new one is its file and one line here.</summary>
public static class ArchitectureCatalogue
{
    private static readonly IReadOnlyList<(string Kind, Architecture Build)> All =
    [
        ("multiscale-classifier", MultiscaleClassifier.Build),
    ];

    /// <summary>Builds the graphs of a model.</summary>
    /// <param name="recipe">The recipe's architecture.</param>
    /// <param name="input">The image it sees.</param>
    /// <param name="classes">K, how many labels.</param>
    public delegate ModelGraphs Architecture(ArchitectureRecipe recipe, ImageInput input, int classes);

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>Builds the architecture that the recipe names.</summary>
    /// <exception cref="ArgumentException">No such architecture, or sizes that do not fit the input.</exception>
    public static ModelGraphs Build(ArchitectureRecipe recipe, ImageInput input, int classes)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Architecture? build = All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Build;
        return build is null
            ? throw new ArgumentException($"There is no architecture \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe))
            : build(recipe, input, classes);
    }
}
