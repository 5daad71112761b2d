using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Runtime.Tasks.Restoration;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Patches with noise alone.</summary>
internal static class NoisyPatches
{
    /// <summary>τ of the cell: below 2/(1 + curvature), where the plain iteration contracts.</summary>
    public const double Step = 1.8 / (1 + RidgeRegularizer.Curvature);

    /// <summary>Draws a mini-batch.</summary>
    /// <param name="photographs">Where patches come from.</param>
    /// <param name="recipe">Their number, size and noise.</param>
    /// <param name="random">Decides everything.</param>
    /// <param name="unguided">Rows, from the first, whose filters smooth alike everywhere.</param>
    /// <param name="device">Where the tensors live.</param>
    public static DamagedPatches Draw(GreyPhotographs photographs, RestorationRecipe recipe, SplitMix64 random, int unguided, Device device)
    {
        (int rows, int side) = (recipe.Training.BatchSize, recipe.Training.Patch);
        float[] pixels = new float[rows * side * side];
        float[] sigmas = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            photographs.Draw(side, ref random, pixels.AsSpan(row * side * side, side * side));
            sigmas[row] = (float)((recipe.Noise.Least + (random.NextShare() * (recipe.Noise.Most - recipe.Noise.Least))) / 255);
        }

        DamagedPatches patches = Of(tensor(pixels, [rows, 1, side, side], device: device), tensor(sigmas, [rows, 1, 1, 1], device: device), random.Next());
        patches.Planes.narrow(0, 0, unguided).narrow(1, RestorationPlanes.Lossy, 1).fill_(HeldScalar.One);
        return patches;
    }

    /// <summary>Adds noise; each patch's squared error is divided by it.</summary>
    /// <param name="clean"><c>[B, 1, H, W]</c>.</param>
    /// <param name="sigma">Its standard deviation, <c>[B, 1, 1, 1]</c>.</param>
    /// <param name="seed">Decides it.</param>
    public static DamagedPatches Of(Tensor clean, Tensor sigma, ulong seed)
    {
        using var generator = new Generator(seed);
        Tensor noisy = clean.Plus(sigma * Draws.Normal(clean.shape, clean, generator));
        Tensor step = full_like(clean, HeldScalar.Of(Step));
        var planes = new Tensor[RestorationPlanes.Count];
        planes[RestorationPlanes.Weight] = step;
        planes[RestorationPlanes.Target] = noisy.Times(Step);
        planes[RestorationPlanes.Strength] = step;
        planes[RestorationPlanes.Sigma] = sigma.expand_as(clean);
        planes[RestorationPlanes.Kernel] = zeros_like(clean);
        planes[RestorationPlanes.Guide] = noisy;
        planes[RestorationPlanes.Lossy] = zeros_like(clean);
        return new DamagedPatches(clean, noisy, sigma, cat(planes, 1));
    }
}
