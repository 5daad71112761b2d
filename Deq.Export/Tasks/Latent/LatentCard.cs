using Deq.Export.Bundling;
using Deq.Export.Tasks.Latent.Training;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Latent;

/// <summary>What the model card of a latent decoder says in the task's own words.</summary>
internal static class LatentCard
{
    /// <summary>The text for a model.</summary>
    public static CardText Of(ModelManifest manifest, LatentRecipe recipe) => new()
    {
        Facts =
        [
            $"**Task**: {manifest.Task}: a latent of {recipe.Decoder.Latents} numbers in, an image of {manifest.Input.Width} × {manifest.Input.Height} pixels out.",
            "**Joint inference**: the bundle carries the graphs by which the latent of an image, whole, noisy or with a hole, is found together with the equilibrium.",
            $"**Solve by default**: {manifest.Defaults.Solver}, relative residual {manifest.Defaults.Tolerance:G3}, at most {manifest.Defaults.MaxEvaluations} evaluations.",
        ],
        Training = $"Each step finds the latents of a mini-batch by {recipe.Inference.Evaluations} evaluations of joint inference from 0, "
            + $"then moves the weights along the gradient ({recipe.Inference.Gradient}). The last {recipe.Training.HeldOut} images were held out.",
        TrainCommand = $"train models/{manifest.Name}/recipe.json --data <dir>",
        ExportOptions = " --data <dir>",
        Curves = "loss, PSNR of held-out images and residual by step",
        Limits = "It draws what it was trained on and nothing else: another kind of image comes back as the nearest garment. Fine texture is lost: a latent is a small "
            + "part of the numbers of an image. Holes are filled with what is likely, not with what was there.",
    };
}
