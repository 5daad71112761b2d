using Deq.Export.Recipes;
using Deq.Runtime.FixedPoints;

namespace Deq.Export.Gradients;

/// <summary>The gradient estimators that recipes may name. A new one is its file and one line here.</summary>
internal static class GradientCatalogue
{
    /// <summary>The one that needs the inverse that the forward solve builds.</summary>
    public const string Shine = "shine";

    private static readonly IReadOnlyList<(string Kind, Func<GradientRecipe, SolverRecipe, IGradientEstimator> Make)> All =
    [
        ("phantom-unrolled", (recipe, _) => new PhantomUnrolled(recipe.Steps, recipe.Damping)),
        ("phantom-neumann", (recipe, _) => new PhantomNeumann(recipe.Steps, recipe.Damping)),
        ("one-step", (_, _) => new OneStep()),
        ("implicit", Implicit),
        (Shine, (recipe, _) => new ShineGradient(recipe.FallbackRatio, recipe.Refinements)),
        ("unrolled", (_, solver) => new UnrolledSolve(FixedPointMethods.Named(solver.Method), RowGrant.Of(solver.Tolerance, solver.MaxEvaluations))),
    ];

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>Makes the estimator that the recipe names.</summary>
    /// <param name="recipe">The recipe's gradient.</param>
    /// <param name="solver">The recipe's forward solve, for estimators that solve.</param>
    /// <exception cref="ArgumentException">No such estimator.</exception>
    public static IGradientEstimator Make(GradientRecipe recipe, SolverRecipe solver)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(solver);
        return All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Make?.Invoke(recipe, solver)
            ?? throw new ArgumentException($"There is no gradient \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
    }

    private static ImplicitGradient Implicit(GradientRecipe recipe, SolverRecipe solver) =>
        new(FixedPointMethods.Named(recipe.Method ?? solver.Method), RowGrant.Of(recipe.Tolerance, recipe.MaxEvaluations))
        {
            IsWarmStarted = recipe.WarmStart,
        };
}
