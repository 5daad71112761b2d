using Deq.Export.Bundling;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration;

/// <summary>What the model card of a restorer says in the task's own words.</summary>
internal static class RestorationCard
{
    /// <summary>The text for a model.</summary>
    public static CardText Of(ModelManifest manifest, RestorationRecipe recipe)
    {
        SolveDefaults defaults = manifest.Defaults;
        return new CardText
        {
            Facts =
            [
                $"**Task**: {manifest.Task}: a damaged picture in, the restored one out; one channel at a time, any size up to {manifest.Input.Sizes!.MostPixels} pixels with its margin.",
                $"**Regulariser**: weakly convex ridges, {recipe.Architecture.Filters} filters of {recipe.Architecture.Extent} x {recipe.Architecture.Extent} pixels at every second pixel, weighted by place{(recipe.Architecture.SeesOperator ? "" : " where all pixels were measured")}. "
                    + "The restored picture is a fixed point of z ↦ z − τ(Hᵀ(Hz − y) + λ∇R(z; σ)).",
                "**Operators**: noise alone, a mask, a given blur, shrinking by 2 or 3; the same weights for all.",
                $"**Solve by default**: {defaults.Solver}; noise, and pictures in tiles: relative residual {defaults.Tolerance:G3}, at most {defaults.MaxEvaluations} evaluations; "
                    + $"masks, blurs and shrinking: {RestorationScales.LossyTolerance * defaults.Tolerance:G3}, at most {RestorationScales.LossyEvaluations * defaults.MaxEvaluations}.",
            ],
            Training = $"Trained on patches of pictures (see the description) with white noise of σ from {recipe.Noise.Least} to {recipe.Noise.Most} grey levels, by the squared error at the fixed point over σ"
                + (recipe.Training.UnguidedShare > 0 ? $", {100 * recipe.Training.UnguidedShare:F0} % of them said to have lost pixels" : "")
                + (recipe.Training.LossyShare > 0
                    ? $"; {100 * recipe.Training.LossyShare:F0} % of the steps were on patches that lost pixels to masks, Gaussian and motion blurs, or shrinking by 2 or 3, with noise of σ from {LossyPatches.LeastSigma} to {LossyPatches.MostSigma}"
                    : "")
                + $"; its gradient is {recipe.Gradient.Kind}. One picture of {recipe.Training.HeldOutEvery} was held out.",
            TrainCommand = $"train models/{manifest.Name}/recipe.json --data <dir>",
            ExportOptions = " --data <dir>",
            Curves = "error in training, PSNR of held-out crops and evaluations by step",
            Limits = $"The noise is taken as white and Gaussian, the blur as known. With σ up to {recipe.Noise.Most} denoising grey pictures at λ ≤ 1 has one solution, and so has denoising pictures in colours "
                + "at λ ≤ 0.5, since their differences are restored at 2λ. Otherwise a critical point is found, which may depend on where the solve starts. "
                + "What was lost is made up from neighbouring pixels: fine texture comes back smooth. A small residual says that the fixed point was found, not that the picture is right.",
        };
    }
}
