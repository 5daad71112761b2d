using Deq.Export.Graphs;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration;

/// <summary>What a recipe says of a regulariser.</summary>
internal sealed record RidgeRecipe
{
    /// <summary>Filters at each 2 × 2 pixels, 8 to 1024.</summary>
    public required int Filters { get; init; }

    /// <summary>Pixels that a filter is high and wide, even, 4 to 32.</summary>
    public required int Extent { get; init; }
}

/// <summary>
/// A weakly convex ridge regulariser R(z; σ) = Σ t²/2·ln(1 + (w·z/t)²) over filters w at every second pixel, and its gradient step as a cell.
/// </summary>
/// <remarks>
/// ∇R = Wᵀ(u/(1 + u²/t²)), u = Wz. The scalar function has slopes in [−1/8, 1], so with ‖W‖² ≤ 8 the curvature of R lies in [−1, 8] and
/// ½‖z − y‖² + R is convex. t of each filter is a polynomial of ln σ, exponentiated. The cell works on 2 × 2 pixels as channels, where convolutions
/// are wide. Source: Goujon, Neumayer and Unser, "Learning weakly convex regularizers for convergent image-reconstruction algorithms" (2023); the
/// scalar function is that of the fields of experts, Roth and Black (2005).
/// </remarks>
internal static class RidgeRegularizer
{
    /// <summary>Pixels to a channel along each axis.</summary>
    public const int Factor = 2;

    /// <summary>The bound of ‖W‖², and of the curvature of R.</summary>
    public const double Curvature = 8;

    /// <summary>The filters' weight.</summary>
    public const string Filters = "cell.filters";

    // σ at which t is e^α, in units of the grey range.
    private const float UsualSigma = 15f / 255;

    // How much faster ln t moves than the filters, whose numbers are a twentieth as large, at one learning rate.
    private const float Rate = 5;

    // ln t at the usual σ: about twice the noise in the response of a filter of the first length.
    private static float UsualLevel { get; } = MathF.Log(UsualSigma);

    /// <summary>Builds the graphs.</summary>
    public static ModelGraphs Build(RidgeRecipe recipe) => new(Encoder(recipe), Cell(recipe), Decoder());

    private static Graph Encoder(RidgeRecipe recipe)
    {
        var planes = new Input(TensorNames.Image, "B", RestorationPlanes.Count, Factor * (Dim)"H", Factor * (Dim)"W");
        Node level = (planes.Slice(1, RestorationPlanes.Sigma, 1).GlobalAveragePool() / UsualSigma).Log();
        Node log = Rate * (Trained("level", UsualLevel) + (Trained("slope", 1) * level) + (Trained("bend", 0) * level * level));
        Node x = planes.Slice(1, 0, RestorationPlanes.Sigma).Concat(1, planes.Slice(1, RestorationPlanes.Kernel, 1));
        return new Graph("encoder", [planes], [(TensorNames.Injection, x), (Runtime.Tasks.Restoration.RestorationTask.Sharpness, (MathF.Log(UsualSigma) - log).Exp())]);

        Weight Trained(string name, float start) => new(
            $"encoder.{name}", [1, recipe.Filters, 1, 1], WeightStart.Given([.. Enumerable.Repeat(start / Rate, recipe.Filters)]));
    }

    private static Graph Cell(RidgeRecipe recipe)
    {
        int window = recipe.Extent / Factor;
        var z = new Input(TensorNames.State, "B", 1, Factor * (Dim)"H", Factor * (Dim)"W");
        var x = new Input(TensorNames.Injection, "B", RestorationPlanes.Injected, Factor * (Dim)"H", Factor * (Dim)"W");
        var sharpness = new Input(Runtime.Tasks.Restoration.RestorationTask.Sharpness, "B", recipe.Filters, 1, 1);
        var filters = new Weight(Filters, [recipe.Filters, Factor * Factor, window, window], WeightStart.Given(CosineFilters.Of(recipe)));
        Node u = z.SpaceToDepth(Factor).Conv(filters, padding: window / 2);
        Node inverse = sharpness / UsualSigma;
        Node slope = u / (1 + (u * u * (inverse * inverse)));
        Node gradient = new Apply(new Graphs.Ops.ConvTranspose(1, window / 2, 1, 0, 0), [slope, filters]).DepthToSpace(Factor);
        Node data = (x.Slice(1, RestorationPlanes.Weight, 1) * z) - x.Slice(1, RestorationPlanes.Target, 1);
        return new Graph("cell", [z, x, sharpness], [(TensorNames.Mapped, z - data - (x.Slice(1, RestorationPlanes.Strength, 1) * gradient))]);
    }

    private static Graph Decoder()
    {
        var z = new Input(TensorNames.State, "B", 1, Factor * (Dim)"H", Factor * (Dim)"W");
        return new Graph("decoder", [z], [(Runtime.Tasks.Restoration.RestorationTask.Restored, z * 1)]);
    }
}
