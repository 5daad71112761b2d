namespace Deq.Testing.Bundles;

/// <summary>The ONNX graphs of a <see cref="TinyFlowBundle"/>.</summary>
internal static class TinyFlowGraphs
{
    private static readonly string[] s_cells = ["4*H", "4*W"];
    private static readonly string[] s_pixels = ["16*H", "16*W"];

    /// <summary>Both frames averaged over cells, then mixed: x by one matrix, the 3 × 3 volume by another. With the cell's reading, the start f(0) = x + R·volume0 too.</summary>
    public static byte[] Encoder(float[] mixing, float[] comparing, float[]? reading, double? failsAboveMean)
    {
        OnnxSketch graph = new OnnxSketch().Input("image", ["B", "6", .. s_pixels]).Output("x", ["B", "6", .. s_cells])
            .Output("volume0", ["B", .. s_cells, "3", "3"]);
        if (reading is not null)
        {
            graph.Output("z0", ["B", "6", .. s_cells]);
        }

        string pooled = graph.Apply("AveragePool", ["image"], lists: [("kernel_shape", [4, 4]), ("strides", [4, 4])]);
        if (failsAboveMean is { } threshold)
        {
            string mean = graph.Apply("ReduceMean", [pooled], attributes: [("keepdims", 1)], lists: [("axes", [1, 2, 3])]);
            string root = graph.Apply("Sqrt", [graph.Apply("Sub", [graph.Constant([(float)threshold], 1), mean])]);
            pooled = graph.Apply("Add", [pooled, graph.Apply("Mul", [root, graph.Constant([0f], 1)])]);
        }

        graph.Apply("Conv", [pooled, graph.Constant(mixing, 6, 6, 1, 1)], "x");
        string compared = graph.Apply("Conv", [pooled, graph.Constant(comparing, 9, 6, 1, 1)]);
        string last = graph.Apply("Transpose", [compared], lists: [("perm", [0, 2, 3, 1])]);
        graph.Apply("Reshape", [last, Head(graph, last, 3, 3, 3)], "volume0");
        if (reading is not null)
        {
            graph.Apply("Add", ["x", graph.Apply("Conv", [compared, graph.Constant(reading, 6, 9, 1, 1)])], "z0");
        }

        return graph.ToArray();
    }

    public static byte[] Cell(float[] contraction, float[] reading)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", ["B", "6", .. s_cells]).Input("x", ["B", "6", .. s_cells])
            .Input("volume0", ["B", .. s_cells, "3", "3"]).Output("fz", ["B", "6", .. s_cells]);
        string moved = graph.Apply("Conv", ["z", graph.Constant(contraction, 6, 6, 3, 3)], lists: [("pads", [1, 1, 1, 1])]);
        string flat = graph.Apply("Reshape", ["volume0", Head(graph, "volume0", 3, 9)]);
        string read = graph.Apply(
            "Conv", [graph.Apply("Transpose", [flat], lists: [("perm", [0, 3, 1, 2])]), graph.Constant(reading, 6, 9, 1, 1)]);
        graph.Apply("Add", [graph.Apply("Add", [moved, "x"]), read], "fz");
        return graph.ToArray();
    }

    /// <summary>Every pixel of a cell has the cell's flow times the stride.</summary>
    public static byte[] Decoder()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", ["B", "6", .. s_cells]).Output("flow", ["B", "2", .. s_pixels]);
        float[] kernels = new float[32 * 6];
        for (int output = 0; output < 32; output++)
        {
            kernels[(output * 6) + TinyFlowBundle.Hidden + (output % 2)] = TinyFlowBundle.Stride;
        }

        string blocks = graph.Apply("Conv", ["z", graph.Constant(kernels, 32, 6, 1, 1)]);
        graph.Apply("DepthToSpace", [blocks], "flow", attributes: [("blocksize", 4)]);
        return graph.ToArray();
    }

    /// <summary>The first dimensions of a tensor, followed by given ones.</summary>
    private static string Head(OnnxSketch graph, string tensor, int kept, params long[] rest)
    {
        string shape = graph.Apply("Slice", [graph.Apply("Shape", [tensor]), graph.Constant(0), graph.Constant(kept)]);
        return graph.Apply("Concat", [shape, graph.Constant(rest)], attributes: [("axis", 0)]);
    }
}
