using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification;

namespace Deq.Export.Tasks.Flow;

/// <summary>Optical flow as an equilibrium: the flow is the fixed point of its own refinement.</summary>
/// <remarks>
/// <para>
/// State z = (h, flow in cells of 4 × 4 pixels), cold start 0. One evaluation looks the flow up in windowed cost volumes, turns what it finds
/// into motion features, updates h by a convolutional GRU and adds a correction to the flow. Gates bound h; no gradient is cut, so the
/// Jacobian that training sees is the one that the solver meets.
/// </para>
/// <para>
/// The part of the GRU's convolutions that sees the context is the same in every evaluation, so the encoder computes it: x.
/// Sources: Teed and Deng, "RAFT", ECCV 2020; Bai, Geng, Savani and Kolter, "Deep equilibrium optical flow estimation", CVPR 2022.
/// </para>
/// </remarks>
public static class FlowEstimator
{
    private const int MaskNeighbours = 9;

    /// <summary>Builds encoder, cell and decoder as they are trained, with cells of 4 pixels.</summary>
    /// <param name="sizes">Channels and windows.</param>
    /// <exception cref="ArgumentException">A size out of its range.</exception>
    public static FlowGraphs Build(FlowSizes sizes) => Build(sizes, CellSize.Whole);

    /// <summary>Builds encoder, cell and decoder.</summary>
    /// <param name="sizes">Channels and windows.</param>
    /// <param name="size">
    /// Of a cell. Below 4 pixels the encoder enlarges the frames until a cell is that many of their pixels, and the decoder brings the flow back to
    /// their size. Weights know cells alone, so any may be served: finer cells see smaller motions and detail, and less far, at a price that grows
    /// with their number.
    /// </param>
    /// <exception cref="ArgumentException">A size out of its range.</exception>
    public static FlowGraphs Build(FlowSizes sizes, CellSize size)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Trunk.Count != 2 || sizes.Levels is < 1 or > 4 || sizes.Lookup < 1 || sizes.Window <= sizes.Lookup || sizes.Motion < 3)
        {
            throw new ArgumentException(
                $"A flow estimator has 2 trunk widths, 1 to 4 levels, a window above a look-up of 1 or more, and 3 or more motion channels; these are "
                + $"{sizes.Trunk.Count}, {sizes.Levels}, {sizes.Window} above {sizes.Lookup}, and {sizes.Motion}.",
                nameof(sizes));
        }

        return new FlowGraphs(sizes, size, Encoder(sizes, size), Cell(sizes, size), Decoder(sizes, size));
    }

    private static Graph Encoder(FlowSizes sizes, CellSize size)
    {
        int multiple = sizes.Multiple(size);
        var frames = new Input("image", "B", 6, (Dim)multiple * "H", (Dim)multiple * "W");
        Node image = frames.ResizeBilinear(size.Factor, size.Divisor);
        (Dim height, Dim width) = (image.Shape[2], image.Shape[3]);
        int context = sizes.Trunk[1];
        Node first = Trunk(new Layers("context", groups: 8), image.Slice(1, 0, 3), sizes).Relu();
        Node x = new Layers("injection", groups: 1).Convolution(first, "gates", context, 3 * sizes.Hidden, kernel: 3);

        // Both frames go through the same weights, as one batch of twice as many.
        var features = new Layers("features", groups: int.MaxValue);
        Node seen = Trunk(features, image.Reshape((Dim)2 * "B", 3, height, width), sizes);
        Node compared = features.Convolution(seen, "out", sizes.Trunk[1], sizes.Features, kernel: 1);
        Node both = compared.Reshape("B", 2 * sizes.Features, compared.Shape[2], compared.Shape[3]);
        Node a = both.Slice(1, 0, sizes.Features) * (float)(1 / Math.Sqrt(sizes.Features));
        Node b = both.Slice(1, sizes.Features, sizes.Features);
        List<(string, Node)> outputs = [("x", x)];
        for (int level = 0; level < sizes.Levels; level++)
        {
            outputs.Add((VolumeName(level), a.WindowCorrelation(b, sizes.Window)));
            b = b.AveragePool(2, 2);
        }

        return new Graph("encoder", [frames], outputs);
    }

    /// <summary>conv 5×5 to half resolution, norm, relu; a residual block; one to quarter resolution; one more.</summary>
    private static Node Trunk(Layers layers, Node image, FlowSizes sizes)
    {
        (int half, int quarter) = (sizes.Trunk[0], sizes.Trunk[1]);
        Node stem = layers.Norm(layers.Conv(image, "stem", 3, half, kernel: 5, stride: 2), "stemNorm", half).Relu();
        return Residual(layers, Residual(layers, Residual(layers, stem, "block0", half, half), "block1", half, quarter), "block2", quarter, quarter);
    }

    /// <summary>conv, norm, relu, conv, norm, + input, relu; other widths halve the resolution.</summary>
    private static Node Residual(Layers layers, Node x, string name, int inputs, int outputs)
    {
        int stride = name == "block1" ? 2 : 1;
        Node inner = layers.Norm(layers.Conv(x, $"{name}.conv1", inputs, outputs, kernel: 3, stride), $"{name}.norm1", outputs).Relu();
        Node outer = layers.Norm(layers.Conv(inner, $"{name}.conv2", outputs, outputs, kernel: 3), $"{name}.norm2", outputs);
        Node skip = stride == 1 && inputs == outputs
            ? x
            : layers.Norm(layers.Conv(x, $"{name}.skip", inputs, outputs, kernel: 1, stride), $"{name}.skipNorm", outputs);
        return (outer + skip).Relu();
    }

    private static Graph Cell(FlowSizes sizes, CellSize size)
    {
        (Dim height, Dim width) = Cells(sizes, size);
        var z = new Input("z", "B", sizes.State, height, width);
        var x = new Input("x", "B", 3 * sizes.Hidden, height, width);
        Input[] volumes = [.. Enumerable.Range(0, sizes.Levels).Select(level => new Input(VolumeName(level), "B", height, width, sizes.Extent, sizes.Extent))];
        var layers = new Layers("cell", groups: 1, sizes.Reparametrization);
        Node h = z.Slice(1, 0, sizes.Hidden);
        Node flow = z.Slice(1, sizes.Hidden, 2);
        Node motion = Motion(layers, sizes, volumes, flow);
        Node next = Gru(layers, sizes, h, motion, x);
        Node head = layers.Convolution(next, "head1", sizes.Hidden, 64, kernel: 3).Relu();

        // Small at first: corrections add up over the evaluations, and large ones teach the head to be silent before it can see.
        Node correction = layers.Convolution(head, "head2", 64, 2, kernel: 3, WeightStart.Normal(0.005));
        return new Graph("cell", [z, x, .. volumes], [("fz", next.Concat(1, flow + correction))]);
    }

    /// <summary>What the cost volumes say about the present flow, and that flow.</summary>
    private static Node Motion(Layers layers, FlowSizes sizes, Input[] volumes, Node flow)
    {
        int points = ((2 * sizes.Lookup) + 1) * ((2 * sizes.Lookup) + 1);
        Node[] read = [.. volumes.Select((volume, level) => volume.WindowSample(Displacement(flow, 1 << level), sizes.Lookup))];
        Node found = read.Length == 1 ? read[0] : read[0].Concat(1, read[1..]);
        Node matches = layers.Convolution(found, "match1", points * sizes.Levels, 64, kernel: 1).Relu();
        matches = layers.Convolution(matches, "match2", 64, 48, kernel: 3).Relu();
        Node moves = layers.Convolution(flow, "flow1", 2, 32, kernel: 5).Relu();
        moves = layers.Convolution(moves, "flow2", 32, 16, kernel: 3).Relu();
        Node joined = layers.Convolution(matches.Concat(1, moves), "motion", 64, sizes.Motion - 2, kernel: 3).Relu();
        return joined.Concat(1, flow);
    }

    /// <summary>
    /// The flow in coarse cells, counted from the middle of the one that a fine cell lies in: pixel p of its s × s block has its own middle at
    /// (p + ½)/s − ½.
    /// </summary>
    private static Node Displacement(Node flow, int scale)
    {
        if (scale == 1)
        {
            return flow;
        }

        float[] offsets =
        [
            .. from down in Enumerable.Range(0, scale)
               from right in Enumerable.Range(0, scale)
               from place in (int[])[right, down]
               select ((place + 0.5f) / scale) - 0.5f,
        ];
        return ((flow / scale).SpaceToDepth(scale) + new Constant(offsets, [1, offsets.Length, 1, 1])).DepthToSpace(scale);
    }

    /// <summary>A convolutional GRU; the context's share of every gate comes from the encoder.</summary>
    private static Node Gru(Layers layers, FlowSizes sizes, Node h, Node motion, Node x)
    {
        int hidden = sizes.Hidden;
        int inputs = hidden + sizes.Motion;
        Node gates = (layers.Conv(h.Concat(1, motion), "gates", inputs, 2 * hidden, kernel: 3) + x.Slice(1, 0, 2 * hidden)).Sigmoid();
        Node update = gates.Slice(1, 0, hidden);
        Node reset = gates.Slice(1, hidden, hidden);
        Node candidate = (layers.Conv((reset * h).Concat(1, motion), "candidate", inputs, hidden, kernel: 3) + x.Slice(1, 2 * hidden, hidden)).Tanh();
        return h + (update * (candidate - h));
    }

    /// <summary>Every pixel's flow is a convex combination of the nine cells around it, with weights from h.</summary>
    private static Graph Decoder(FlowSizes sizes, CellSize size)
    {
        const int Block = FlowSizes.Stride * FlowSizes.Stride;
        (Dim height, Dim width) = Cells(sizes, size);
        var z = new Input("z", "B", sizes.State, height, width);
        var layers = new Layers("decoder", groups: 1);
        Node inner = layers.Convolution(z.Slice(1, 0, sizes.Hidden), "mask1", sizes.Hidden, 64, kernel: 3).Relu();
        Node mask = layers.Convolution(inner, "mask2", 64, MaskNeighbours * Block, kernel: 1) * 0.25f;
        Node weights = mask.Transpose(0, 2, 3, 1).Reshape("B", height, width, MaskNeighbours, Block).Softmax(3);
        Node pixels = z.Slice(1, sizes.Hidden, 2) * (float)size.Pixels;
        Node around = pixels.Conv(Neighbours()).Transpose(0, 2, 3, 1).Reshape("B", height, width, 2, MaskNeighbours);
        Node fine = around.MatMul(weights).Transpose(0, 1, 2, 4, 3).Reshape("B", height, width, 2 * Block).Transpose(0, 3, 1, 2);
        Node flow = fine.DepthToSpace(FlowSizes.Stride).ResizeBilinear(size.Divisor, size.Factor);
        return new Graph("decoder", [z], [("flow", flow)]);
    }

    /// <summary>Nine shifts of each component as a convolution <c>[18, 2, 3, 3]</c>, zeros beyond the edges.</summary>
    private static Constant Neighbours()
    {
        float[] kernels = new float[2 * MaskNeighbours * 2 * MaskNeighbours];
        for (int component = 0; component < 2; component++)
        {
            for (int neighbour = 0; neighbour < MaskNeighbours; neighbour++)
            {
                int output = (component * MaskNeighbours) + neighbour;
                kernels[(((output * 2) + component) * MaskNeighbours) + neighbour] = 1;
            }
        }

        return new Constant(kernels, [2 * MaskNeighbours, 2, 3, 3]);
    }

    private static (Dim Height, Dim Width) Cells(FlowSizes sizes, CellSize size)
    {
        int cells = sizes.Cells(size);
        return ((Dim)cells * "H", (Dim)cells * "W");
    }

    private static string VolumeName(int level) => $"volume{level}";
}
