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
    private const int Costs = 16;

    /// <summary>Planes of the input, where the guess and where the trust in it lie among them, and those of one frame.</summary>
    private const int Planes = Runtime.Tasks.Flow.FirstGuess.FlowGuess.Planes;
    private const int Colours = 3;
    private const int Guess = 2 * Colours;
    private const int Trust = Guess + 2;

    /// <summary>Pixels of guess that count for 1 as an input.</summary>
    private const float PixelsPerUnit = 16;

    /// <summary>What context sees of a guess goes up to here, within what training draws: features of longer motion would be of nothing that was learned.</summary>
    private const float MostPixels = 64;

    /// <summary>The least a: bounds how far flow spreads, and with it how many evaluations that takes.</summary>
    private const float LeastMeasured = 0.05f;

    /// <summary>By which a neighbour beyond the edge is made unlikely.</summary>
    private const float Never = 1e4f;

    /// <summary>Logits count from −30 to 30; beyond a neighbour is less than 1e-26 of the largest.</summary>
    private const float MostLogit = 30;

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
        var image = new Input(TensorNames.Image, "B", Planes, (Dim)FlowSizes.Multiple * "H", (Dim)FlowSizes.Multiple * "W");
        Node cells = image.Conv(Means(Planes, Planes), stride: FlowSizes.Stride, padding: 0);
        Node apart = (image.Slice(1, 0, Colours) - image.Slice(1, Colours, Colours)).Abs().Conv(Means(Colours, 1), stride: FlowSizes.Stride, padding: 0);
        Node context = Context(sizes, image, cells, apart);
        var heads = new Layers("heads", groups: 1);
        int channels = sizes.Trunk[1];
        Node measured = (cells.Slice(1, Guess, 2) / FlowSizes.Stride) + heads.Convolution(context, "correction", channels, 2, kernel: 1, WeightStart.Normal(0.005));
        Node weights = Weights(heads.Convolution(context, "weights", channels, Neighbours + 1, kernel: 1, WeightStart.Normal(0.02)), cells, apart);
        Node x = (weights.Slice(1, Neighbours, 1) * measured).Concat(1, weights.Slice(1, 0, Neighbours));
        Node blend = heads.Convolution(context, "blend", channels, (Shifts + 1) * HalfBlock, kernel: 1, WeightStart.Normal(0.02));
        Node detail = image.Slice(1, Guess, 2).SpaceToDepth(FlowSizes.Stride).Concat(1, blend);
        return new Graph("encoder", [image], [(TensorNames.Injection, x), (Runtime.Tasks.Flow.FlowTask.Detail, detail)]);
    }

    /// <summary>What is seen per cell of 4 pixels: frames, guess and matches, with what lies around in cells of 8 and 16.</summary>
    /// <remarks>Full resolution is read once, by convolutions that step over whole cells; most of what is computed is computed per 8 × 8 pixels.</remarks>
    private static Node Context(FlowSizes sizes, Node image, Node cells, Node apart)
    {
        var layers = new Layers("context", groups: 1);
        (int fine, int coarse, int channels) = (sizes.Trunk[0], sizes.Trunk[1], sizes.Trunk[0] + 4);
        Node frames = image.Slice(1, 0, 2 * Colours);
        Node seen = Blocks(frames, "context.blocks", 2 * Colours, fine)
            .Concat(1, Clipped(cells.Slice(1, Guess, 2)) / PixelsPerUnit, cells.Slice(1, Trust, 1), apart);
        Node half = layers.Conv(seen, "down", channels, coarse, kernel: 3, stride: 2).Relu();
        Node joined = layers.Convolution(half.Concat(1, Matches(sizes, frames)), "join", coarse + Costs, coarse, kernel: 3).Relu();
        Node pooled = joined.AveragePool(Half, Half);
        Node wide = layers.Convolution(layers.Convolution(pooled, "wide1", coarse, coarse, kernel: 3).Relu(), "wide2", coarse, coarse, kernel: 3).Relu();
        Node inner = layers.Convolution(joined + wide.ResizeNearest(Half), "block1", coarse, coarse, kernel: 3).Relu();
        Node around = (joined + layers.Convolution(inner, "block2", coarse, coarse, kernel: 3)).Relu();
        Node spread = layers.Convolution(around, "up", coarse, channels, kernel: 1).ResizeNearest(Half);
        return layers.Convolution((seen + spread).Relu(), "fine", channels, coarse, kernel: 3).Relu();
    }

    /// <summary>How features of both frames match around where the guess leads, in cells of 8 pixels.</summary>
    private static Node Matches(FlowSizes sizes, Node frames)
    {
        var layers = new Layers("features", groups: 1);
        int features = sizes.Features;
        Node single = frames.Reshape((Dim)2 * "B", Colours, frames.Shape[2], frames.Shape[3]);
        Node blocks = Blocks(single, "features.blocks", Colours, features);
        Node cells = layers.Convolution(layers.Conv(blocks, "down", features, features, kernel: 3, stride: 2).Relu(), "out", features, features, kernel: 1);
        Node both = cells.Reshape("B", 2 * features, cells.Shape[2], cells.Shape[3]), a = both.Slice(1, 0, features) * (float)(1 / Math.Sqrt(features));
        int side = (2 * sizes.Window) + 3;
        Node volume = a.WindowCorrelation(both.Slice(1, features, features), sizes.Window)
            .Reshape("B", cells.Shape[2], cells.Shape[3], side * side)
            .Transpose(0, 3, 1, 2);
        return layers.Convolution(volume, "costs", side * side, Costs, kernel: 1).Relu();
    }

    /// <summary>Features of every 4 × 4 pixels by themselves.</summary>
    private static Node Blocks(Node x, string name, int inputs, int outputs) => x.Conv(
        new Weight($"{name}.weight", [outputs, inputs, FlowSizes.Stride, FlowSizes.Stride], WeightStart.FanIn),
        new Weight($"{name}.bias", [outputs], WeightStart.Zeros),
        stride: FlowSizes.Stride,
        padding: 0).Relu();

    /// <summary>Weights of 16 neighbours and of what is measured, above 0 and 1 in sum; 0 beyond the edges.</summary>
    /// <remarks>
    /// Training starts from what is plain: neighbours of another colour count less, and so does a measurement that is not trusted or leaves the colours of both
    /// frames apart.
    /// </remarks>
    private static Node Weights(Node logits, Node cells, Node apart)
    {
        Node trust = cells.Slice(1, Trust, 1);
        Node beyond = 1f - All((trust * 0f) + 1f);
        Node contrast = Contrast(cells, 0) + Contrast(cells, 1) + Contrast(cells, 2);
        Node edges = contrast * (new Weight("heads.edges", [Neighbours, 1, 1], WeightStart.Ones) * PerContrast);
        Node evidence = (trust * PerTrust) - (apart * PerDifference);
        Node measured = logits.Slice(1, Neighbours, 1) + (evidence * new Weight("heads.evidence", [1, 1, 1], WeightStart.Ones)) + Measured;
        Node shares = Shares((logits.Slice(1, 0, Neighbours) - edges - (beyond * Never)).Concat(1, measured)) * (1 - LeastMeasured);
        return shares.Slice(1, 0, Neighbours).Concat(1, shares.Slice(1, Neighbours, 1) + LeastMeasured);
    }

    /// <summary>Softmax along the channels, of logits clipped to where exponentials neither vanish nor overflow: ONNX Runtime's own transposes for this axis.</summary>
    private static Node Shares(Node logits)
    {
        Node powers = (MostLogit - ((2 * MostLogit) - (logits + MostLogit).Relu()).Relu()).Exp();
        return powers / powers.ReduceSum([1], keepDims: true);
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
        Node pixels = z * (float)FlowSizes.Stride;
        Node around = pixels.Conv(NinePerComponent());
        Node[] weights = [.. Enumerable.Range(0, HalfBlock).Select(pixel => Shares(blend.Slice(1, pixel * Shifts, Shifts)))];
        Node fine = NodeShapes.Concat(1, [.. weights.SelectMany(shares => new[] { Combined(around, shares, 0), Combined(around, shares, 1) })]);
        Node combined = fine.DepthToSpace(Half).ResizeBilinear(FlowSizes.Stride / Half);
        Node share = blend.Slice(1, Shifts * HalfBlock, HalfBlock).DepthToSpace(Half).Sigmoid().ResizeBilinear(FlowSizes.Stride / Half);
        Node correction = (pixels - guess.Conv(Means(2, 2), stride: FlowSizes.Stride, padding: 0)).ResizeBilinear(FlowSizes.Stride);
        return new Graph("decoder", [z, detail], [(Runtime.Tasks.Flow.FlowTask.Flow, combined + (share * (guess + correction - combined)))]);
    }

    /// <summary>One component of the nine cells around, by the weights of one of 2 × 2 pixels: <c>[B, 1, H, W]</c>.</summary>
    private static Node Combined(Node around, Node weights, int component) =>
        (around.Slice(1, component * Shifts, Shifts) * weights).ReduceSum([1], keepDims: true);

    /// <summary>Means over cells of 4 × 4 pixels as a convolution that steps over whole cells: of each plane, or of all planes together.</summary>
    private static Constant Means(int inputs, int outputs)
    {
        float[] kernels = new float[outputs * inputs * Block];
        for (int output = 0; output < outputs; output++)
        {
            int first = outputs == 1 ? 0 : output, count = outputs == 1 ? inputs : 1;
            kernels.AsSpan(((output * inputs) + first) * Block, count * Block).Fill(1f / (count * Block));
        }

        return new Constant(kernels, [outputs, inputs, FlowSizes.Stride, FlowSizes.Stride]);
    }

    /// <summary>Eight shifts of a plane by some cells as a convolution <c>[8, 1, 2·distance + 1, 2·distance + 1]</c>, zeros beyond the edges.</summary>
    private static Constant Shifted(int distance)
    {
        int side = (2 * distance) + 1;
        float[] kernels = new float[Around * side * side];
        for (int down = -1, output = 0; down <= 1; down++)
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
