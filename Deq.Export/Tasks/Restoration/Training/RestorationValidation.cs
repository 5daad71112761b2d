using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Restoration;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Restores crops of held-out pictures at fixed noise, and after fixed operators.</summary>
/// <param name="recipe">Budgets.</param>
/// <param name="network">The graphs.</param>
/// <param name="photographs">Held out.</param>
/// <param name="device">Where it runs.</param>
internal sealed class RestorationValidation(RestorationRecipe recipe, EquilibriumNetwork network, GreyPhotographs photographs, Device device)
{
    private const int Side = 96;
    private const int MostCrops = 16;
    private const int LossyCrops = 4;
    private const double FaintSigma = 2.55;

    /// <summary>The strengths of noise, grey levels.</summary>
    public static IReadOnlyList<int> Sigmas { get; } = [15, 25];

    /// <summary>What loses pixels, by the name of its column.</summary>
    public static IReadOnlyList<(string Name, Func<GreyPicture, Degradation> Of)> Operators { get; } =
    [
        ("mask", picture => Degradation.OfMask(DamagedPicture.Kept(picture, 0.5, seed: 7))),
        ("blur", _ => Degradation.OfBlur(BlurShapes.Gaussian(13, 1.4))),
        ("half", _ => Degradation.OfShrinking(2)),
    ];

    /// <summary>Peak signal-to-noise ratio by strength and by operator, and what the solves took.</summary>
    public IReadOnlyDictionary<string, double> Run(ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        BoundNetwork bound = network.Bind(parameters.Compose());
        var numbers = new Dictionary<string, double>();
        foreach (int sigma in Sigmas)
        {
            Tensor clean = Crops();
            DamagedPatches patches = NoisyPatches.Of(clean, full([clean.shape[0], 1, 1, 1], HeldScalar.Of(sigma / 255f), device: device), (ulong)sigma);
            TorchSolution solution = Solve(bound, patches);
            numbers[$"psnr_{sigma}"] = Quality(solution, patches, edge: 0);
            numbers[$"evaluations_{sigma}"] = solution.Statistics.MeanEvaluations;
            numbers[$"residual_{sigma}"] = solution.Statistics.MeanResidual;
        }

        foreach ((string name, Func<GreyPicture, Degradation> of) in Operators)
        {
            DamagedPatches patches = Damaged(of);
            TorchSolution solution = Solve(bound, patches);
            numbers[$"psnr_{name}"] = Quality(solution, patches, edge: RestorationTask.Margin);
            numbers[$"evaluations_{name}"] = solution.Statistics.MeanEvaluations;
        }

        return numbers;
    }

    private TorchSolution Solve(BoundNetwork bound, DamagedPatches patches)
    {
        (long high, long wide) = (patches.Clean.shape[2], patches.Clean.shape[3]);
        using var solver = new TorchSolver(
            (int)patches.Clean.shape[0],
            (int)(high * wide),
            FixedPointMethods.Named(recipe.Solver.Method),
            (z, perRow) => RestorationStep.Evaluate(bound, patches.Term, z.view(-1, 1, high, wide), perRow).flatten(1),
            device: device);
        return solver.Solve(
            patches.Start.flatten(1), patches.Grant(recipe.Serving.Tolerance, recipe.Serving.MaxEvaluations), [.. bound.Encode(patches.Planes), .. patches.Term?.PerRow ?? []]);
    }

    private static double Quality(TorchSolution solution, DamagedPatches patches, int edge)
    {
        long high = patches.Clean.shape[2] - (2 * edge), wide = patches.Clean.shape[3] - (2 * edge);
        Tensor error = solution.State.view_as(patches.Clean).clamp(HeldScalar.Of(0), HeldScalar.One) - patches.Clean;
        return error.narrow(2, edge, high).narrow(3, edge, wide).Squared().mean([1, 2, 3]).log10().Times(-10).mean().item<float>();
    }

    private DamagedPatches Damaged(Func<GreyPicture, Degradation> of)
    {
        var random = new SplitMix64(recipe.Seed);
        var damaged = new DamagedPicture[LossyCrops];
        for (int row = 0; row < damaged.Length; row++)
        {
            var crop = new GreyPicture("crop", Side, Side, new float[Side * Side]);
            photographs.Draw(Side, ref random, crop.Pixels);
            damaged[row] = DamagedPicture.Of(crop, of(crop), FaintSigma, seed: row + 1);
        }

        return LossyPatches.Of(damaged, RestorationTask.Described(recipe), device);
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
