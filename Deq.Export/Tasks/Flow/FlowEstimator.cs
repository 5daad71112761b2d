using Deq.Export.Graphs;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow;

/// <summary>Optical flow as an equilibrium: every cell's flow is a weighted mean of what is measured there and of its neighbours' flow.</summary>
/// <remarks>
/// <para>
/// State z: the flow in cells of 4 × 4 pixels. The encoder sees the frames, a classical guess and how features match around it, and gives per cell
/// a measured flow t, the weight a of that, and the weights w of 16 neighbours; a + Σ w = 1, a ≥ 0.05. One evaluation is f(z) = a·t + Σ w·z(neighbour): information
/// spreads along what belongs together, from where it can be measured to where it cannot, such as what is covered in the second frame.
/// </para>
/// <para>
/// f is linear in z and, a contraction by 0.95 in the largest norm: one fixed point, whatever the start. The decoder blends, per pixel, the flow of the
/// cells around with the corrected guess, which knows more of detail. Sources: Bai, Geng, Savani and Kolter, "Deep equilibrium optical flow estimation",
/// CVPR 2022; image-driven diffusion of Nagel and Enkelmann, PAMI 1986; convex upsampling of Teed and Deng, "RAFT", ECCV 2020.
/// </para>
/// </remarks>
internal static class FlowEstimator
{
    private const int Around = 8;
    private const int Neighbours = 2 * Around;
    private const int Near = 1;
    private const int Far = 3;
    private const int Shifts = 9;
    private const int Half = 2;
    private const int HalfBlock = Half * Half;
    private const int Block = FlowSizes.Stride * FlowSizes.Stride;
    private const int Costs = 24;

    /// <summary>Pixels of guess that count for 1 as an input.</summary>
    private const float PixelsPerUnit = 16;

    /// <summary>What context sees of a guess goes up to here, within what training draws: features of longer motion would be of nothing that was learned.</summary>
    private const float MostPixels = 40;

    /// <summary>The least a: bounds how far flow spreads, and with it how many evaluations that takes.</summary>
    private const float LeastMeasured = 0.05f;

    /// <summary>By which a neighbour beyond the edge is made unlikely.</summary>
    private const float Never = 1e4f;

    /// <summary>What logits are before training: of a without any evidence; per trust; per mean difference of colours; of a neighbour per contrast.</summary>
    private const float Measured = 1;
    private const float PerTrust = 4;
    private const float PerDifference = 12;
    private const float PerContrast = 4;

    /// <summary>Builds encoder, cell and decoder.</summary>
    /// <param name="sizes">Channels and windows.</param>
    /// <exception cref="ArgumentException">A size out of its range.</exception>
    public static FlowGraphs Build(FlowSizes sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Trunk.Count != 2 || sizes.Window < 1)
        {
            throw new ArgumentException(
                $"A flow estimator has 2 trunk widths and a window of at least 1; these are {sizes.Trunk.Count} and {sizes.Window}.", nameof(sizes));
        }

        return new FlowGraphs(sizes, Encoder(sizes), Cell(), Decoder());
    }

    private static Graph Encoder(FlowSizes sizes)
    {
        var image = new Input(TensorNames.Image, "B", 9, (Dim)FlowSizes.Multiple * "H", (Dim)FlowSizes.Multiple * "W");
        Node guess = image.Slice(1, 6, 2);
        Node context = Context(sizes, image, guess);
        int channels = sizes.Trunk[1];
        var heads = new Layers("heads", groups: 1);
        Node shared = heads.Convolution(context, "shared", channels, 64, kernel: 3).Relu();
        Node coarse = guess.AveragePool(FlowSizes.Stride, FlowSizes.Stride) / FlowSizes.Stride;
        Node measured = coarse + heads.Convolution(shared, "correction", 64, 2, kernel: 3, WeightStart.Normal(0.005));
        Node weights = Weights(heads.Convolution(shared, "weights", 64, Neighbours + 1, kernel: 1, WeightStart.Normal(0.02)), image);
        Node x = (weights.Slice(1, Neighbours, 1) * measured).Concat(1, weights.Slice(1, 0, Neighbours));
        Node blend = heads.Convolution(shared, "blend", 64, (Shifts + 1) * HalfBlock, kernel: 1, WeightStart.Normal(0.02));
        return new Graph("encoder", [image], [(TensorNames.Injection, x), (Runtime.Tasks.Flow.FlowTask.Detail, guess.SpaceToDepth(FlowSizes.Stride).Concat(1, blend))]);
    }

    /// <summary>What is seen per cell of 4 pixels: frames, guess and matches, with what lies around in cells of 16.</summary>
    private static Node Context(FlowSizes sizes, Node image, Node guess)
    {
        var layers = new Layers("context", groups: 8);
        (int half, int quarter) = (sizes.Trunk[0], sizes.Trunk[1]);
        Node frames = image.Slice(1, 0, 6);
        Node seen = frames.Concat(1, image.Slice(1, 0, 3) - image.Slice(1, 3, 3), Clipped(guess) / PixelsPerUnit, image.Slice(1, 8, 1));
        Node stem = layers.Norm(layers.Conv(seen, "stem", 12, half, kernel: 5, stride: 2), "stemNorm", half).Relu();
        Node fine = layers.Norm(layers.Conv(stem, "down", half, quarter, kernel: 3, stride: 2), "downNorm", quarter).Relu();
        Node joined = layers.Convolution(fine.Concat(1, Matches(sizes, frames)), "join", quarter + Costs, quarter, kernel: 3).Relu();
        Node pooled = joined.AveragePool(FlowSizes.Wide, FlowSizes.Wide);
        Node wide = layers.Convolution(layers.Convolution(pooled, "wide1", quarter, quarter, kernel: 3).Relu(), "wide2", quarter, quarter, kernel: 3).Relu();
        Node inner = layers.Convolution(joined + wide.ResizeBilinear(FlowSizes.Wide), "block1", quarter, quarter, kernel: 3).Relu();
        return (joined + layers.Convolution(inner, "block2", quarter, quarter, kernel: 3)).Relu();
    }

    /// <summary>How features of both frames match around where the guess leads, in cells of 8 pixels, brought to cells of 4.</summary>
    private static Node Matches(FlowSizes sizes, Node frames)
    {
        var layers = new Layers("features", groups: int.MaxValue);
        int features = sizes.Features;
        Node single = frames.Reshape((Dim)2 * "B", 3, frames.Shape[2], frames.Shape[3]);
        Node stem = layers.Norm(layers.Conv(single, "stem", 3, 16, kernel: 5, stride: 2), "stemNorm", 16).Relu();
        Node down = layers.Norm(layers.Conv(stem, "down", 16, features, kernel: 3, stride: 2), "downNorm", features).Relu();
        Node cells = layers.Convolution(down, "out", features, features, kernel: 3).AveragePool(2, 2);
        Node both = cells.Reshape("B", 2 * features, cells.Shape[2], cells.Shape[3]);
        Node a = both.Slice(1, 0, features) * (float)(1 / Math.Sqrt(features));
        int side = (2 * sizes.Window) + 3;
        Node volume = a.WindowCorrelation(both.Slice(1, features, features), sizes.Window)
            .Reshape("B", cells.Shape[2], cells.Shape[3], side * side)
            .Transpose(0, 3, 1, 2);
        return layers.Convolution(volume, "costs", side * side, Costs, kernel: 1).Relu().ResizeNearest(2);
    }

    /// <summary>Weights of 16 neighbours and of what is measured, above 0 and 1 in sum; 0 beyond the edges.</summary>
    /// <remarks>
    /// Training starts from what is plain: neighbours of another colour count less, and so does a measurement that is not trusted or leaves the colours of both
    /// frames apart.
    /// </remarks>
    private static Node Weights(Node logits, Node image)
    {
        Node cells = image.AveragePool(FlowSizes.Stride, FlowSizes.Stride);
        Node trust = cells.Slice(1, 8, 1);
        Node beyond = 1f - All((trust * 0f) + 1f);
        Node contrast = Contrast(cells, 0) + Contrast(cells, 1) + Contrast(cells, 2);
        Node edges = contrast * (new Weight("heads.edges", [Neighbours, 1, 1], WeightStart.Ones) * PerContrast);
        Node apart = (image.Slice(1, 0, 3) - image.Slice(1, 3, 3)).Abs().ReduceMean([1], keepDims: true).AveragePool(FlowSizes.Stride, FlowSizes.Stride);
        Node evidence = (trust * PerTrust) - (apart * PerDifference);
        Node measured = logits.Slice(1, Neighbours, 1) + (evidence * new Weight("heads.evidence", [1, 1, 1], WeightStart.Ones)) + Measured;
        Node shares = (logits.Slice(1, 0, Neighbours) - edges - (beyond * Never)).Concat(1, measured).Softmax(1) * (1 - LeastMeasured);
        return shares.Slice(1, 0, Neighbours).Concat(1, shares.Slice(1, Neighbours, 1) + LeastMeasured);
    }

    private static Node Clipped(Node guess) => (guess + MostPixels).Relu() - (guess - MostPixels).Relu() - MostPixels;

    /// <summary>How far a colour of every neighbour is from a cell's own, <c>[B, 16, H, W]</c>.</summary>
    private static Node Contrast(Node cells, int colour)
    {
        Node plane = cells.Slice(1, colour, 1);
        return (All(plane) - plane).Abs();
    }

    private static Graph Cell()
    {
        (Dim height, Dim width) = Cells();
        var z = new Input(TensorNames.State, "B", FlowSizes.State, height, width);
        var x = new Input(TensorNames.Injection, "B", FlowSizes.State + Neighbours, height, width);
        Node weights = x.Slice(1, FlowSizes.State, Neighbours);
        Node spread = Spread(z.Slice(1, 0, 1), weights).Concat(1, Spread(z.Slice(1, 1, 1), weights));
        return new Graph("cell", [z, x], [(TensorNames.Mapped, spread + x.Slice(1, 0, FlowSizes.State))]);
    }

    private static Node Spread(Node component, Node weights) => (All(component) * weights).ReduceSum([1], keepDims: true);

    /// <summary>A plane shifted by all neighbours' distances, <c>[B, 16, H, W]</c>, zeros beyond the edges.</summary>
    private static Node All(Node plane) => plane.Conv(Shifted(Near), padding: Near).Concat(1, plane.Conv(Shifted(Far), padding: Far));

    /// <summary>Per 2 × 2 pixels a convex combination of the nine cells around, enlarged; per pixel a blend of that with the corrected guess.</summary>
    private static Graph Decoder()
    {
        (Dim height, Dim width) = Cells();
        var z = new Input(TensorNames.State, "B", FlowSizes.State, height, width);
        var detail = new Input(Runtime.Tasks.Flow.FlowTask.Detail, "B", (2 * Block) + ((Shifts + 1) * HalfBlock), height, width);
        Node guess = detail.Slice(1, 0, 2 * Block).DepthToSpace(FlowSizes.Stride);
        Node blend = detail.Slice(1, 2 * Block, (Shifts + 1) * HalfBlock);
        Node weights = blend.Slice(1, 0, Shifts * HalfBlock).Transpose(0, 2, 3, 1).Reshape("B", height, width, Shifts, HalfBlock).Softmax(3);
        Node pixels = z * (float)FlowSizes.Stride;
        Node around = pixels.Conv(NinePerComponent()).Transpose(0, 2, 3, 1).Reshape("B", height, width, 2, Shifts);
        Node fine = around.MatMul(weights).Transpose(0, 1, 2, 4, 3).Reshape("B", height, width, 2 * HalfBlock).Transpose(0, 3, 1, 2);
        Node combined = fine.DepthToSpace(Half).ResizeBilinear(FlowSizes.Stride / Half);
        Node share = blend.Slice(1, Shifts * HalfBlock, HalfBlock).DepthToSpace(Half).Sigmoid().ResizeBilinear(FlowSizes.Stride / Half);
        Node correction = (pixels - guess.AveragePool(FlowSizes.Stride, FlowSizes.Stride)).ResizeBilinear(FlowSizes.Stride);
        return new Graph("decoder", [z, detail], [(Runtime.Tasks.Flow.FlowTask.Flow, combined + (share * (guess + correction - combined)))]);
    }

    /// <summary>Eight shifts of a plane by some cells as a convolution <c>[8, 1, 2·distance + 1, 2·distance + 1]</c>, zeros beyond the edges.</summary>
    private static Constant Shifted(int distance)
    {
        int side = (2 * distance) + 1;
        float[] kernels = new float[Around * side * side];
        int output = 0;
        for (int down = -1; down <= 1; down++)
        {
            for (int right = -1; right <= 1; right++)
            {
                if (down != 0 || right != 0)
                {
                    kernels[(((output++ * side) + ((down + 1) * distance)) * side) + ((right + 1) * distance)] = 1;
                }
            }
        }

        return new Constant(kernels, [Around, 1, side, side]);
    }

    /// <summary>Nine shifts of each component as a convolution <c>[18, 2, 3, 3]</c>, zeros beyond the edges.</summary>
    private static Constant NinePerComponent()
    {
        float[] kernels = new float[2 * Shifts * 2 * Shifts];
        for (int component = 0; component < 2; component++)
        {
            for (int neighbour = 0; neighbour < Shifts; neighbour++)
            {
                int output = (component * Shifts) + neighbour;
                kernels[(((output * 2) + component) * Shifts) + neighbour] = 1;
            }
        }

        return new Constant(kernels, [2 * Shifts, 2, 3, 3]);
    }

    private static (Dim Height, Dim Width) Cells() => ((Dim)FlowSizes.Wide * "H", (Dim)FlowSizes.Wide * "W");
}
