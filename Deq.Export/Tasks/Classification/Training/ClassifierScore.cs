using Deq.Export.Recipes;
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

        int best = Exported(log, recipe);
        if (converged[best] >= LeastConverged)
        {
            return null;
        }

        string cure = Cure(recipe.JacobianRegularization, EpochOf(log, best));
        return $"Only {converged[best]:P0} of the held-out images converge to {recipe.Serving.Tolerance:G2} within {recipe.Serving.MaxEvaluations} evaluations "
            + $"(spectral radius {log.Column("spectral_radius")[best]:F2}; it must be below 1). To cure that, {cure}, or train for more epochs; see docs/add-a-model.md.";
    }

    /// <summary>The line of the epoch whose weights are exported: the best after pretraining, or the last where all was pretraining.</summary>
    private static int Exported(TrainingLog log, ClassifierRecipe recipe)
    {
        (IReadOnlyList<double> accuracy, IReadOnlyList<double> converged, IReadOnlyList<double> loss) =
            (log.Column("accuracy"), log.Column("converged_share"), log.Column("loss"));
        int[] scored = [.. Enumerable.Range(0, log.Count).Where(line => !recipe.Training.IsPretraining(EpochOf(log, line)))];
        return scored.Length == 0 ? log.Count - 1 : scored.MaxBy(line => Of(accuracy[line], converged[line], loss[line]));
    }

    private static int EpochOf(TrainingLog log, int line) => (int)log.Column("epoch")[line];

    private static string Cure(JacobianRecipe? penalty, int epoch) => penalty switch
    {
        null => "add \"jacobianRegularization\": { \"weight\": 0.6, \"probability\": 0.3 } to the recipe",
        { LaterWeight: 0.0 } when epoch >= penalty.LaterFromEpoch => $"raise jacobianRegularization.laterWeight from 0 to {penalty.Weight:G3}",
        { LaterWeight: { } later } when epoch >= penalty.LaterFromEpoch => $"raise jacobianRegularization.laterWeight from {later:G3} to {2 * later:G3}",
        _ => $"raise jacobianRegularization.weight from {penalty.Weight:G3} to {2 * penalty.Weight:G3}",
    };
}
