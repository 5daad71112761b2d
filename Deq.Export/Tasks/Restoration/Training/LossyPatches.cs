using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Patches of which an operator loses pixels, as the server states the problem of restoring them.</summary>
internal static class LossyPatches
{
    /// <summary>Of the noise that is drawn, grey levels; most of it is faint.</summary>
    public const double LeastSigma = 1;

    /// <summary>Of the noise that is drawn, grey levels.</summary>
    public const double MostSigma = 10;

    /// <summary>The sides of what is restored are multiples of this, so that every factor of shrinking divides them.</summary>
    public const int Multiple = 6;

    // Grey levels, by which the squared error is divided: about what is left of it, and what noise of σ = 25 leaves.
    private const double Scale = 10;


    // Kernels of one size, so that a mini-batch has one margin.
    private const int KernelSize = 13;
    private const int ShortestMotion = 5;

    // Of masks.
    private const double LeastKept = 0.2;
    private const double MostKept = 0.8;
    private const int LargestHole = 6;

    /// <summary>What is drawn, each as often as it stands here.</summary>
    private static IReadOnlyList<DrawnOperator> Operators { get; } = [Mask, Blur, Blur, Shrunk(2), Shrunk(3)];

    private delegate Degradation DrawnOperator(ref SplitMix64 random, int side);

    /// <summary>Draws a mini-batch of one kind of operator.</summary>
    /// <param name="photographs">Where patches come from.</param>
    /// <param name="recipe">Their number and size.</param>
    /// <param name="manifest">Of the restorer that is trained.</param>
    /// <param name="random">Decides everything.</param>
    /// <param name="device">Where the tensors live.</param>
    public static DamagedPatches Draw(GreyPhotographs photographs, RestorationRecipe recipe, ModelManifest manifest, SplitMix64 random, Device device)
    {
        DrawnOperator operators = Operators[random.NextBelow(Operators.Count)];
        int side = recipe.Training.Patch - (2 * RestorationTask.Margin);
        var patches = new DamagedPicture[recipe.Training.BatchSize];
        for (int row = 0; row < patches.Length; row++)
        {
            float[] pixels = new float[side * side];
            photographs.Draw(side, ref random, pixels);
            double share = random.NextShare();
            double sigma = LeastSigma + (share * share * (MostSigma - LeastSigma));
            patches[row] = DamagedPicture.Of(new GreyPicture("patch", side, side, pixels), operators(ref random, side), sigma, random.NextBelow(int.MaxValue));
        }

        return Of(patches, manifest, device);
    }

    /// <summary>States the problems.</summary>
    /// <param name="patches">Squares of one size and one kind of operator.</param>
    /// <param name="manifest">Of the restorer.</param>
    /// <param name="device">Where the tensors live.</param>
    public static DamagedPatches Of(IReadOnlyList<DamagedPicture> patches, ModelManifest manifest, Device device)
    {
        (int rows, Degradation first) = (patches.Count, patches[0].Degradation);
        int margin = RestorationProblem.MarginOf(first, manifest), inner = patches[0].Clean.Width, side = inner + (2 * margin), area = side * side;
        (float[] clean, float[] starts, float[] planes, float[] steps) = (new float[rows * area], new float[rows * area], new float[rows * RestorationPlanes.Count * area], new float[rows]);
        for (int row = 0; row < rows; row++)
        {
            DamagedPicture patch = patches[row];
            var problem = new RestorationProblem(patch.Degradation, patch.Height, patch.Width, manifest, patch.Sigma, lambda: 1);
            Span<float> stated = planes.AsSpan(row * RestorationPlanes.Count * area, RestorationPlanes.Count * area);
            problem.Fill(patch.Measured, stated, starts.AsSpan(row * area, area));
            steps[row] = (float)(stated[RestorationPlanes.Strength * area] / problem.Strength);
            for (int line = 0; line < inner; line++)
            {
                patch.Clean.Pixels.AsSpan(line * inner, inner).CopyTo(clean.AsSpan((row * area) + ((margin + line) * side) + margin));
            }
        }

        long[] sizes = [rows, 1, side, side];
        return new DamagedPatches(
            tensor(clean, sizes, device: device),
            tensor(starts, sizes, device: device),
            full([rows, 1, 1, 1], HeldScalar.Of(Scale / 255), device: device),
            tensor(planes, [rows, RestorationPlanes.Count, side, side], device: device))
        {
            Term = first.Kernel is null
                ? LossyTerm.OfMasks()
                : LossyTerm.OfConvolutions([.. patches.Select(patch => patch.Degradation.Kernel!)], steps, first.Factor, margin, patches[0].Width, device),
        };
    }

    private static Degradation Mask(ref SplitMix64 random, int side)
    {
        double share = LeastKept + (random.NextShare() * (MostKept - LeastKept));
        int hole = random.NextBelow(2) == 0 ? 1 : 1 + random.NextBelow(LargestHole);
        int across = (side + hole - 1) / hole;
        bool[] kept = new bool[across * across];
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = random.NextShare() < share;
        }

        kept[random.NextBelow(kept.Length)] = true;
        return Degradation.OfMask([.. Enumerable.Range(0, side * side).Select(pixel => kept[(pixel / side / hole * across) + (pixel % side / hole)])]);
    }

    private static Degradation Blur(ref SplitMix64 random, int side)
    {
        double share = random.NextShare();
        return Degradation.OfBlur(random.NextBelow(2) == 0
            ? BlurShapes.Gaussian(KernelSize, 0.5 + (2 * share))
            : BlurShapes.Motion(KernelSize, ShortestMotion + (share * (KernelSize - ShortestMotion)), 180 * random.NextShare()));
    }

    private static DrawnOperator Shrunk(int factor) => (ref _, _) => Degradation.OfShrinking(factor);
}
