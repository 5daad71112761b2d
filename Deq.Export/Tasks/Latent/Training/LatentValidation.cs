using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>Finds the latents of held-out images, as a step does, and decodes them.</summary>
internal sealed class LatentValidation(LatentRecipe recipe, EquilibriumNetwork network, IdxImages images, Device device)
{
    private const int MostImages = 64;

    /// <summary>Peak signal-to-noise ratio in dB, and the residual of z.</summary>
    public IReadOnlyDictionary<string, double> Run(ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        int rows = Math.Min(MostImages, Math.Min(recipe.Training.HeldOut, images.Count));
        int size = images.Height * images.Width;
        float[] pixels = new float[rows * size];
        for (int row = 0; row < rows; row++)
        {
            images.Copy(images.Count - 1 - row, pixels.AsSpan(row * size, size));
        }

        Tensor targets = tensor(pixels, [rows, 1, images.Height, images.Width], device: device);
        BoundNetwork bound = network.Bind(parameters.Compose().ToDictionary(weight => weight.Key, weight => weight.Value.detach(), StringComparer.Ordinal));
        JointTensors found = new JointLatents(recipe.Inference, bound).Solve(targets, weights: null, network.Graphs.StateWidth, recipe.Decoder.Latents);
        using IDisposable off = no_grad();
        Tensor mapped = bound.Evaluate(found.State, bound.Encode(found.Latent));
        Tensor errors = (bound.Decode(mapped) - targets).Squared().flatten(1).mean([1]);
        return new Dictionary<string, double>
        {
            ["psnr"] = errors.log10().mul(HeldScalar.Of(-10)).mean().item<float>(),
            ["residual"] = BoundNetwork.Residual(found.State, mapped).mean().item<float>(),
        };
    }
}
