using Deq.Export.Recipes;
using Deq.Runtime.FixedPoints;

namespace Deq.Export.Gradients;

/// <summary>The gradient estimators that recipes may name. A new one is its file and one line here.</summary>
public static class GradientCatalogue
{
    private static readonly IReadOnlyList<(string Kind, Func<GradientRecipe, IFixedPointMethod, IGradientEstimator> Make)> All =
    [
        ("phantom-unrolled", (recipe, _) => new PhantomUnrolled(recipe.Steps, recipe.Damping)),
        ("implicit", (recipe, method) => new ImplicitGradient(method, RowGrant.Of(recipe.Tolerance, recipe.MaxEvaluations))),
    ];

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>Makes the estimator that the recipe names.</summary>
    /// <param name="recipe">The recipe's gradient.</param>
    /// <param name="method">The recipe's fixed-point method, for estimators that solve.</param>
    /// <exception cref="ArgumentException">No such estimator.</exception>
    public static IGradientEstimator Make(GradientRecipe recipe, IFixedPointMethod method)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Make?.Invoke(recipe, method)
            ?? throw new ArgumentException($"There is no gradient \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
    }
}
