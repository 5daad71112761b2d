using Deq.Export.Graphs;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Flow;

/// <summary>Optical flow as an equilibrium: what a classical guess leaves to correct is spread over the frame until it is at rest.</summary>
/// <remarks>
/// <para>
/// State z = (h, flow in cells of 4 × 4 pixels), cold start 0. The guess, what the second frame shows along it, and how features match around it enter
/// through x, which does not change during a solve. One evaluation spreads h by two small convolutions and by one on cells of 16 × 16 pixels,
/// and reads the flow off it. f is bounded and sees h alone, so where a solve ends does not hang on the flow that it starts from.
/// </para>
/// <para>
/// The decoder blends, per pixel, the flow of the cells around with the corrected guess, which knows more of detail. Sources: Bai, Geng, Savani and
/// Kolter, "Deep equilibrium optical flow estimation", CVPR 2022; convex upsampling of Teed and Deng, "RAFT", ECCV 2020.
/// </para>
/// </remarks>
public static class FlowEstimator
{
    private const int Neighbours = 9;
    private const int Half = 2;

    /// <summary>No entry of h is larger.</summary>
    private const float Bound = 4;

    /// <summary>Pixels of guess that count for 1 as an input.</summary>
    private const float PixelsPerUnit = 16;

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

        return new FlowGraphs(sizes, Encoder(sizes), Cell(sizes), Decoder(sizes));
    }

    private static Graph Encoder(FlowSizes sizes)
    {
        var image = new Input("image", "B", 9, (Dim)FlowSizes.Multiple * "H", (Dim)FlowSizes.Multiple * "W");
        Node guess = image.Slice(1, 6, 2);
        var layers = new Layers("context", groups: 8);
        (int half, int quarter) = (sizes.Trunk[0], sizes.Trunk[1]);
        Node frames = image.Slice(1, 0, 6);
        Node seen = frames.Concat(1, image.Slice(1, 0, 3) - image.Slice(1, 3, 3), guess / PixelsPerUnit, image.Slice(1, 8, 1));
        Node stem = layers.Norm(layers.Conv(seen, "stem", 12, half, kernel: 5, stride: 2), "stemNorm", half).Relu();
        Node fine = layers.Norm(layers.Conv(stem, "down", half, quarter, kernel: 3, stride: 2), "downNorm", quarter).Relu();
        (Node matches, int costs) = Matches(sizes, frames);
        Node joined = layers.Convolution(fine.Concat(1, matches), "join", quarter + costs, quarter, kernel: 3).Relu();
        Node inner = layers.Convolution(joined, "block1", quarter, quarter, kernel: 3).Relu();
        Node context = (joined + layers.Convolution(inner, "block2", quarter, quarter, kernel: 3)).Relu();
        Node x = layers.Convolution(context, "injection", quarter, sizes.Inner + sizes.Hidden, kernel: 3, WeightStart.Normal(0.05));
        Node coarse = guess.AveragePool(FlowSizes.Stride, FlowSizes.Stride) / FlowSizes.Stride;
        return new Graph("encoder", [image], [(TensorNames.Injection, x.Concat(1, coarse)), (TensorNames.Guess, guess * 1f)]);
    }

    /// <summary>How features of both frames match around where the guess leads, in cells of 8 pixels, brought to cells of 4.</summary>
    private static (Node Matches, int Channels) Matches(FlowSizes sizes, Node frames)
    {
        var layers = new Layers("features", groups: int.MaxValue);
        int features = sizes.Features;
        Node single = frames.Reshape((Dim)2 * "B", 3, frames.Shape[2], frames.Shape[3]);
        Node stem = layers.Norm(layers.Conv(single, "stem", 3, 16, kernel: 5, stride: 2), "stemNorm", 16).Relu();
        Node down = layers.Convolution(layers.Norm(layers.Conv(stem, "down", 16, features, kernel: 3, stride: 2), "downNorm", features).Relu(), "out", features, features, kernel: 3);
        Node cells = down.AveragePool(2, 2);
        Node both = cells.Reshape("B", 2 * features, cells.Shape[2], cells.Shape[3]);
        Node a = both.Slice(1, 0, features) * (float)(1 / Math.Sqrt(features));
        int side = (2 * sizes.Window) + 3;
        Node volume = a.WindowCorrelation(both.Slice(1, features, features), sizes.Window)
            .Reshape("B", cells.Shape[2], cells.Shape[3], side * side)
            .Transpose(0, 3, 1, 2);
        const int Costs = 24;
        Node costs = layers.Convolution(volume, "costs", side * side, Costs, kernel: 1).Relu();
        return (costs.ResizeNearest(2), Costs);
    }

    private static Graph Cell(FlowSizes sizes)
    {
        (Dim height, Dim width) = Cells();
        (int hidden, int inner) = (sizes.Hidden, sizes.Inner);
        var z = new Input(TensorNames.State, "B", sizes.State, height, width);
        var x = new Input(TensorNames.Injection, "B", sizes.Injection, height, width);
        var layers = new Layers("cell", groups: 1, sizes.Reparametrization);
        Node h = z.Slice(1, 0, hidden);
        Node wide = layers.Convolution(h.AveragePool(FlowSizes.Wide, FlowSizes.Wide), "wide", hidden, inner, kernel: 3).ResizeBilinear(FlowSizes.Wide);
        Node spread = (layers.Conv(h, "spread", hidden, inner, kernel: 3) + wide + x.Slice(1, 0, inner)).Relu();
        Node mixed = layers.Convolution(spread, "next", inner, hidden, kernel: 3, WeightStart.Normal(0.02)) + x.Slice(1, inner, hidden);

        // Bounded, and nearly linear where h mostly is: a plain tanh is saturated within tens of steps of training and then learns nothing.
        Node next = (mixed / Bound).Tanh() * Bound;
        Node head = layers.Convolution(next, "head1", hidden, 32, kernel: 3).Relu();
        Node correction = layers.Convolution(head, "head2", 32, 2, kernel: 3, WeightStart.Normal(0.01));
        return new Graph("cell", [z, x], [(TensorNames.Mapped, next.Concat(1, x.Slice(1, inner + hidden, 2) + correction))]);
    }

    /// <summary>Per 2 × 2 pixels a convex combination of the nine cells around, enlarged; per pixel a blend of that with the corrected guess.</summary>
    private static Graph Decoder(FlowSizes sizes)
    {
        (Dim height, Dim width) = Cells();
        var z = new Input(TensorNames.State, "B", sizes.State, height, width);
        var guess = new Input(TensorNames.Guess, "B", 2, (Dim)FlowSizes.Multiple * "H", (Dim)FlowSizes.Multiple * "W");
        var layers = new Layers("decoder", groups: 1);
        const int Block = Half * Half;
        Node inner = layers.Convolution(z.Slice(1, 0, sizes.Hidden), "mask1", sizes.Hidden, 48, kernel: 3).Relu();
        Node mask = layers.Convolution(inner, "mask2", 48, (Neighbours + 1) * Block, kernel: 1);
        Node weights = mask.Slice(1, 0, Neighbours * Block).Transpose(0, 2, 3, 1).Reshape("B", height, width, Neighbours, Block).Softmax(3);
        Node pixels = z.Slice(1, sizes.Hidden, 2) * (float)FlowSizes.Stride;
        Node around = pixels.Conv(Shifts()).Transpose(0, 2, 3, 1).Reshape("B", height, width, 2, Neighbours);
        Node fine = around.MatMul(weights).Transpose(0, 1, 2, 4, 3).Reshape("B", height, width, 2 * Block).Transpose(0, 3, 1, 2);
        Node combined = fine.DepthToSpace(Half).ResizeBilinear(FlowSizes.Stride / Half);
        Node share = mask.Slice(1, Neighbours * Block, Block).DepthToSpace(Half).Sigmoid().ResizeBilinear(FlowSizes.Stride / Half);
        Node correction = (pixels - guess.AveragePool(FlowSizes.Stride, FlowSizes.Stride)).ResizeBilinear(FlowSizes.Stride);
        return new Graph("decoder", [z, guess], [(TensorNames.Flow, combined + (share * (guess + correction - combined)))]);
    }

    /// <summary>Nine shifts of each component as a convolution <c>[18, 2, 3, 3]</c>, zeros beyond the edges.</summary>
    private static Constant Shifts()
    {
        float[] kernels = new float[2 * Neighbours * 2 * Neighbours];
        for (int component = 0; component < 2; component++)
        {
            for (int neighbour = 0; neighbour < Neighbours; neighbour++)
            {
                int output = (component * Neighbours) + neighbour;
                kernels[(((output * 2) + component) * Neighbours) + neighbour] = 1;
            }
        }

        return new Constant(kernels, [2 * Neighbours, 2, 3, 3]);
    }

    private static (Dim Height, Dim Width) Cells() => ((Dim)FlowSizes.Wide * "H", (Dim)FlowSizes.Wide * "W");
}
