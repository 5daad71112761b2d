using Deq.Export.Recipes;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>The forward solver that a recipe's training asks for.</summary>
internal static class ForwardSolver
{
    private const int MostSteps = 64;

    /// <summary>Makes it; where the gradient shares the inverse, the method keeps as many steps as the budget makes, at most 64.</summary>
    /// <param name="recipe">Method and budget.</param>
    /// <param name="gradient">Decides whether the inverse is kept.</param>
    /// <param name="capacity">The most rows.</param>
    /// <param name="width">D.</param>
    /// <param name="evaluate">f; see <see cref="TorchSolver"/>.</param>
    /// <param name="type">Precision. Default single.</param>
    /// <param name="device">Default the processor.</param>
    /// <param name="outerGradient">∂L/∂z, for gradients that share an inverse with outer updates; see <see cref="AdjointBroyden"/>.</param>
    public static TorchSolver Make(
        SolverRecipe recipe,
        GradientRecipe gradient,
        int capacity,
        int width,
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> evaluate,
        ScalarType type = ScalarType.Float32,
        Device? device = null,
        Func<Tensor, Tensor, Tensor>? outerGradient = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(gradient);
        IFixedPointMethod method = FixedPointMethods.Named(recipe.Method);
        if (!gradient.SharesInverse || method is not BroydenMethod broyden)
        {
            return new TorchSolver(capacity, width, method, evaluate, type, device);
        }

        int rank = Math.Clamp(recipe.MaxEvaluations, 1, MostSteps);
        if (gradient.Inverse == "adjoint-broyden")
        {
            int outer = gradient.OpaEvery > 0 ? rank / gradient.OpaEvery : 0;
            var adjoint = new AdjointBroyden(rank + outer) { OuterEvery = gradient.OpaEvery, OuterGradient = outerGradient };
            return new TorchSolver(capacity, width, adjoint, evaluate, type, device);
        }

        return new TorchSolver(capacity, width, broyden with { Rank = rank }, evaluate, type, device, rank + 1);
    }
}
