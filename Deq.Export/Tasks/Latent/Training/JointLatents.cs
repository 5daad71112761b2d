using Deq.Export.Torch;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>Joint inference on tensors: the latents of images, their equilibria and the multipliers, all from 0 in one iteration.</summary>
/// <param name="recipe">Steps and evaluations.</param>
/// <param name="network">At weights that need no gradient.</param>
internal sealed class JointLatents(InferenceRecipe recipe, BoundNetwork network)
{
    /// <summary>Finds the latents.</summary>
    /// <param name="images">y, <c>[B, 1, H, W]</c>.</param>
    /// <param name="weights">How much each pixel counts, like the images; null for 1.</param>
    /// <param name="stateWidth">D.</param>
    /// <param name="latents">L.</param>
    /// <returns>z, μ <c>[B, D]</c> and x <c>[B, L]</c>, without gradient, in the caller's dispose scope.</returns>
    public JointTensors Solve(Tensor images, Tensor? weights, long stateWidth, long latents)
    {
        long rows = images.shape[0];
        Tensor z = zeros([rows, stateWidth], device: images.device);
        Tensor mu = zeros([rows, stateWidth], device: images.device);
        Tensor x = zeros([rows, latents], device: images.device);
        for (int evaluation = 0; evaluation < recipe.Evaluations; evaluation++)
        {
            using IDisposable scope = NewDisposeScope();
            Advance(z, mu, x, images, weights);
        }

        return new JointTensors(z, mu, x);
    }

    private void Advance(Tensor z, Tensor mu, Tensor x, Tensor images, Tensor? weights)
    {
        JointPass at = JointPass.At(network, z, mu, x, decoded => weights is null ? decoded - images : (decoded - images) * weights);
        using IDisposable off = no_grad();
        z.mul_(HeldScalar.Of(1 - recipe.StateStep)).add_(at.Mapped, HeldScalar.Of(recipe.StateStep));
        mu.mul_(HeldScalar.Of(1 - recipe.MultiplierStep)).add_(at.Multiplier, HeldScalar.Of(recipe.MultiplierStep));
        x.mul_(HeldScalar.Of(1 - (recipe.InputStep * recipe.Prior))).add_(at.Input, HeldScalar.Of(-recipe.InputStep));
    }

    /// <summary>½·Σ w·(image − y)², over all rows.</summary>
    public static Tensor Loss(Tensor decoded, Tensor images, Tensor? weights)
    {
        Tensor squares = (decoded - images).Squared();
        return (weights is null ? squares : squares * weights).sum().mul(HeldScalar.Of(0.5));
    }
}

/// <summary>Where joint inference stands.</summary>
/// <param name="State">z, <c>[B, D]</c>.</param>
/// <param name="Multiplier">μ, <c>[B, D]</c>.</param>
/// <param name="Latent">x, <c>[B, L]</c>.</param>
internal sealed record JointTensors(Tensor State, Tensor Multiplier, Tensor Latent);
