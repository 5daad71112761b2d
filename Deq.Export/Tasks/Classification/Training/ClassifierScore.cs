using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>How epochs of a classifier are compared, and when the best of them is not good enough to serve.</summary>
internal static class ClassifierScore
{
    /// <summary>Of equal accuracy the epoch that converges more often is better: a step of accuracy, with up to 100,000 held-out images, is larger than this.</summary>
    private const double Convergence = 1e-6;

    /// <summary>And of these the one with the smaller loss: a step of convergence is larger than this.</summary>
    private const double Loss = 1e-12;

    private const double LeastConverged = 0.9;

    /// <summary>In [0, 1]: accuracy, then convergence, then loss.</summary>
    /// <param name="accuracy">Held out, in [0, 1].</param>
    /// <param name="converged">Share of held-out images that converged.</param>
    /// <param name="loss">In training, at least 0.</param>
    public static double Of(double accuracy, double converged, double loss) =>
        (accuracy + (Convergence * converged) + (Loss / (1 + loss))) / (1 + Convergence + Loss);

    /// <summary>A warning where fewer than 90 % of the held-out images converge with the exported weights, with what helps; null where enough do.</summary>
    public static string? Advice(TrainingLog log, ClassifierRecipe recipe)
    {
        IReadOnlyList<double> converged = log.Column("converged_share");
        if (converged.Count == 0)
        {
            return null;
        }

        int best = Enumerable.Range(0, converged.Count).MaxBy(epoch => Of(log.Column("accuracy")[epoch], converged[epoch], log.Column("loss")[epoch]));
        if (converged[best] >= LeastConverged)
        {
            return null;
        }

        double weight = recipe.JacobianRegularization?.Weight ?? 0;
        string cure = weight == 0
            ? "add \"jacobianRegularization\": { \"weight\": 0.6, \"probability\": 0.3 } to the recipe"
            : $"raise jacobianRegularization.weight from {weight:G3} to {2 * weight:G3}";
        return $"Only {converged[best]:P0} of the held-out images converge to {recipe.Serving.Tolerance:G2} within {recipe.Serving.MaxEvaluations} evaluations "
            + $"(spectral radius {log.Column("spectral_radius")[best]:F2}; it must be below 1). To cure that, {cure}, or train for more epochs; see docs/add-a-model.md.";
    }
}
