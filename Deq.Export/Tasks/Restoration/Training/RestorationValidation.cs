using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Restores crops of held-out pictures at fixed noise.</summary>
/// <param name="recipe">Budgets.</param>
/// <param name="network">The graphs.</param>
/// <param name="photographs">Held out.</param>
/// <param name="device">Where it runs.</param>
internal sealed class RestorationValidation(RestorationRecipe recipe, EquilibriumNetwork network, GreyPhotographs photographs, Device device)
{
    private const int Side = 96;
    private const int MostCrops = 16;

    /// <summary>The strengths of noise, grey levels.</summary>
    public static IReadOnlyList<int> Sigmas { get; } = [15, 25];

    /// <summary>Peak signal-to-noise ratio by strength, and what the solves took.</summary>
    public IReadOnlyDictionary<string, double> Run(ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        BoundNetwork bound = network.Bind(parameters.Compose());
        var numbers = new Dictionary<string, double>();
        foreach (int sigma in Sigmas)
        {
            Tensor clean = Crops();
            NoisyPatches patches = NoisyPatches.Of(clean, full([clean.shape[0], 1, 1, 1], HeldScalar.Of(sigma / 255f), device: device), (ulong)sigma);
            (long high, long wide) = (clean.shape[2], clean.shape[3]);
            using var solver = new TorchSolver(
                (int)clean.shape[0],
                (int)(high * wide),
                FixedPointMethods.Named(recipe.Solver.Method),
                (z, x) => bound.Evaluate(z.view(-1, 1, high, wide), x).flatten(1),
                device: device);
            TorchSolution solution = solver.Solve(
                patches.Noisy.flatten(1), RowGrant.Of(recipe.Serving.Tolerance, recipe.Serving.MaxEvaluations), bound.Encode(patches.Planes));
            Tensor squared = (solution.State.clamp(HeldScalar.Of(0), HeldScalar.One) - clean.flatten(1)).Squared().mean([1]);
            numbers[$"psnr_{sigma}"] = squared.log10().Times(-10).mean().item<float>();
            numbers[$"evaluations_{sigma}"] = solution.Statistics.MeanEvaluations;
            numbers[$"residual_{sigma}"] = solution.Statistics.MeanResidual;
        }

        return numbers;
    }

    private Tensor Crops()
    {
        GreyPicture[] crops = [.. photographs.All.Where(picture => picture.Width >= Side && picture.Height >= Side).Take(MostCrops)
            .Select(picture => picture.Cut((picture.Height - Side) / 2, (picture.Width - Side) / 2, Side, Side))];
        if (crops.Length == 0)
        {
            crops = [photographs.All[0].Cut(0, 0, photographs.All[0].Height / 2 * 2, photographs.All[0].Width / 2 * 2)];
        }

        return tensor(crops.SelectMany(crop => crop.Pixels).ToArray(), [crops.Length, 1, crops[0].Height, crops[0].Width], device: device);
    }
}
