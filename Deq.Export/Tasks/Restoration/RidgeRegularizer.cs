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

    /// <summary>Channels of the convolutions that read from the guide where to smooth, 4 to 256.</summary>
    public required int GuideWidth { get; init; }

    /// <summary>How many convolutions of 3 × 3 these are, 1 to 16.</summary>
    public required int GuideLayers { get; init; }

    /// <summary>
    /// Whether the convolutions also see which pixels were measured and that an operator loses some, and weight by place then too. Otherwise filters smooth alike
    /// everywhere where pixels are lost. Default false.
    /// </summary>
    public bool SeesOperator { get; init; }
}

/// <summary>
/// A weakly convex ridge regulariser R(z; σ) = Σ a·t²·(√(1 + (17v)²)/17 − √(1 + v²) + 16/17), v = w·z/t, over filters w at every second pixel, and its gradient step as a cell.
/// </summary>
/// <remarks>
/// ∇R = Wᵀ(a·u·(17/√(1 + (17v)²) − 1/√(1 + v²))), u = Wz. The scalar function has slopes in [−1, 16], so with ‖W‖ ≤ 1 and weights a in (0, 1] the curvature of R lies in
/// [−1, 16] and ½‖z − y‖² + R is convex. t of each filter is a polynomial of ln σ, exponentiated; a of each filter and place is read from the noisy picture by a few
/// convolutions, before the solve. The cell works on 2 × 2 pixels as channels, where convolutions are wide. Sources: Goujon, Neumayer and Unser, "Learning weakly
/// convex regularizers for convergent image-reconstruction algorithms" (2023); weights by place are those of Pourya, Kobler, Unser and Neumayer, "DEALing with image reconstruction" (2024).
/// </remarks>
internal static class RidgeRegularizer
{
    /// <summary>Pixels to a channel along each axis.</summary>
    public const int Factor = 2;

    /// <summary>The steepest slope of the scalar function, and with ‖W‖ ≤ 1 the bound of the curvature of R.</summary>
    public const double Curvature = 16;

    /// <summary>The scalar function falls no steeper than this, so that R is no more concave.</summary>
    public const double Concavity = 1;

    /// <summary>The filters' weight.</summary>
    public const string Filters = "cell.filters";

    // The slope at 0 of the steeper of the two terms of the scalar function.
    private const float Steepest = 1 + (float)Curvature;

    // σ at which t is e^α, in units of the grey range.
    private const float UsualSigma = 15f / 255;

    // Keeps logarithms and quotients of σ finite whatever the plane holds.
    private const float FaintestSigma = 1e-5f;

    // How much faster ln t moves than the filters, whose numbers are a twentieth as large, at one learning rate.
    private const float Rate = 5;

    private const int Pixels = Factor * Factor;

    // The guide's four pixels and the level of noise.
    private const int GuideChannels = Pixels + 1;

    // What the data term keeps of the four pixels, the weight of R, and whether any pixel is lost.
    private const int OperatorChannels = Pixels + 2;

    private const int GuideWindow = 3;

    // Of the logit of weights: they start near 0.95.
    private const float UsualWeight = 3;

    // ln t at the usual σ: about twice the noise in the response of a filter of the first length.
    private static float UsualLevel { get; } = MathF.Log(UsualSigma / 2);

    /// <summary>Builds the graphs.</summary>
    public static ModelGraphs Build(RidgeRecipe recipe) => new(Encoder(recipe), Cell(recipe), Decoder()) { Energy = Energy(recipe) };

    private static Graph Encoder(RidgeRecipe recipe)
    {
        var planes = new Input(TensorNames.Image, "B", RestorationPlanes.Count, Factor * (Dim)"H", Factor * (Dim)"W");
        Node sigma = (planes.Slice(1, RestorationPlanes.Sigma, 1).Abs() + FaintestSigma) / UsualSigma;
        Node level = sigma.GlobalAveragePool().Log();
        Node guided = 1 - planes.Slice(1, RestorationPlanes.Lossy, 1).GlobalAveragePool();
        Node log = Rate * (Trained("level", UsualLevel) + (Trained("slope", 1) * level) + (Trained("bend", 0) * level * level) + (Trained("guided", 0) * guided));
        Node x = planes.Slice(1, 0, RestorationPlanes.Sigma).Concat(1, planes.Slice(1, RestorationPlanes.Kernel, 1));
        return new Graph(
            "encoder",
            [planes],
            [
                (TensorNames.Injection, x),
                (Runtime.Tasks.Restoration.RestorationTask.Sharpness, (MathF.Log(UsualSigma) - log).Exp()),
                (Runtime.Tasks.Restoration.RestorationTask.Weights, Weights(planes, sigma, guided, recipe)),
            ]);

        Weight Trained(string name, float start) => new(
            $"encoder.{name}", [1, recipe.Filters, 1, 1], WeightStart.Given([.. Enumerable.Repeat(start / Rate, recipe.Filters)]));
    }

    /// <summary>How strongly each filter smooths at each place, read from the guide in units of its noise; 1 where pixels are lost, if the operator is not seen.</summary>
    private static Node Weights(Node planes, Node sigma, Node guided, RidgeRecipe recipe)
    {
        var layers = new Layers("encoder.guide", groups: 1);
        Node guide = ((planes.Slice(1, RestorationPlanes.Guide, 1) - 0.5f) / sigma).SpaceToDepth(Factor);
        Node level = sigma.Log().SpaceToDepth(Factor).Slice(1, 0, 1);
        Node h = guide.Concat(1, level);
        int channels = GuideChannels;
        if (recipe.SeesOperator)
        {
            Node Corner(int plane) => planes.Slice(1, plane, 1).SpaceToDepth(Factor).Slice(1, 0, 1);
            h = h.Concat(1, planes.Slice(1, RestorationPlanes.Weight, 1).SpaceToDepth(Factor), Corner(RestorationPlanes.Strength), Corner(RestorationPlanes.Lossy));
            channels += OperatorChannels;
        }

        for (int layer = 0; layer < recipe.GuideLayers; layer++)
        {
            h = layers.Convolution(h, $"{layer}", channels, recipe.GuideWidth, GuideWindow).Relu();
            channels = recipe.GuideWidth;
        }

        Node weights = (layers.Convolution(h, "weights", channels, recipe.Filters, 1, WeightStart.Normal(0.01)) + UsualWeight).Sigmoid();
        return recipe.SeesOperator ? weights : 1 - (guided * (1 - weights));
    }

    private static Graph Cell(RidgeRecipe recipe)
    {
        var z = new Input(TensorNames.State, "B", 1, Factor * (Dim)"H", Factor * (Dim)"W");
        var x = new Input(TensorNames.Injection, "B", RestorationPlanes.Injected, Factor * (Dim)"H", Factor * (Dim)"W");
        var sharpness = new Input(Runtime.Tasks.Restoration.RestorationTask.Sharpness, "B", recipe.Filters, 1, 1);
        var weights = new Input(Runtime.Tasks.Restoration.RestorationTask.Weights, "B", recipe.Filters, "H", "W");
        Weight filters = FiltersOf(recipe);
        (Node u, Node squared) = Responses(recipe, z, filters, sharpness);
        Node slope = weights * u * ((Steepest / (1 + (Steepest * Steepest * squared)).Sqrt()) - (1 / (1 + squared).Sqrt()));
        Node gradient = new Apply(new Graphs.Ops.ConvTranspose(1, Padding(recipe), 1, 0, 0), [slope, filters]).DepthToSpace(Factor);
        Node data = (x.Slice(1, RestorationPlanes.Weight, 1) * z) - x.Slice(1, RestorationPlanes.Target, 1);
        return new Graph("cell", [z, x, sharpness, weights], [(TensorNames.Mapped, z - data - (x.Slice(1, RestorationPlanes.Strength, 1) * gradient))]);
    }

    /// <summary>R(z; σ), which is 0 for pictures that no filter responds to; the host, which knows H, adds the data term.</summary>
    /// <remarks>
    /// √(1 + q) − 1 is written as q/(1 + √(1 + q)), which keeps the digits of small responses, and summed axis by axis: in single precision a sum is then right to about
    /// 1e-6 of itself.
    /// </remarks>
    private static Graph Energy(RidgeRecipe recipe)
    {
        var z = new Input(TensorNames.State, "B", 1, Factor * (Dim)"H", Factor * (Dim)"W");
        var sharpness = new Input(Runtime.Tasks.Restoration.RestorationTask.Sharpness, "B", recipe.Filters, 1, 1);
        var weights = new Input(Runtime.Tasks.Restoration.RestorationTask.Weights, "B", recipe.Filters, "H", "W");
        (Node u, Node squared) = Responses(recipe, z, FiltersOf(recipe), sharpness);
        Node potential = weights * u * u * ((Steepest / (1 + (1 + (Steepest * Steepest * squared)).Sqrt())) - (1 / (1 + (1 + squared).Sqrt())));
        Node sum = potential.ReduceSum([1], keepDims: true).ReduceSum([3], keepDims: true).ReduceSum([2], keepDims: true);
        return new Graph("energy", [z, sharpness, weights], [(TensorNames.Energy, sum.Reshape("B", 1))]);
    }

    /// <summary>What the filters respond to a picture, u = Wz, and v² = (u/t)².</summary>
    private static (Node Responses, Node Squared) Responses(RidgeRecipe recipe, Node z, Weight filters, Node sharpness)
    {
        Node u = z.SpaceToDepth(Factor).Conv(filters, padding: Padding(recipe));
        Node v = u * (sharpness / UsualSigma);
        return (u, v * v);
    }

    private static int Padding(RidgeRecipe recipe) => recipe.Extent / Factor / 2;

    private static Weight FiltersOf(RidgeRecipe recipe)
    {
        int window = recipe.Extent / Factor;
        return new Weight(Filters, [recipe.Filters, Factor * Factor, window, window], WeightStart.Given(CosineFilters.Of(recipe)));
    }

    private static Graph Decoder()
    {
        var z = new Input(TensorNames.State, "B", 1, Factor * (Dim)"H", Factor * (Dim)"W");
        return new Graph("decoder", [z], [(Runtime.Tasks.Restoration.RestorationTask.Restored, z * 1)]);
    }
}
