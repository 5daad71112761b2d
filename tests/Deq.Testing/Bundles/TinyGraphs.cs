namespace Deq.Testing.Bundles;

/// <summary>The ONNX graphs of a <see cref="TinyBundle"/>. Matrices come transposed, because rows are multiplied from the left.</summary>
internal static class TinyGraphs
{
    public static byte[] Encoder(float[] w, double? failsAboveMean)
    {
        OnnxSketch graph = new OnnxSketch().Input("image", "B", "1", "8", "8").Output("x", "B", "4", "4");
        string flat = graph.Apply("Flatten", ["image"]);
        string x = graph.Apply("MatMul", [flat, graph.Constant(w, TinyBundle.InputLength, TinyBundle.StateWidth)]);
        if (failsAboveMean is { } threshold)
        {
            string mean = graph.Apply("ReduceMean", [flat], attributes: [("keepdims", 1)], lists: [("axes", [1])]);
            string root = graph.Apply("Sqrt", [graph.Apply("Sub", [graph.Constant([(float)threshold], 1), mean])]);
            x = graph.Apply("Add", [x, graph.Apply("Mul", [root, graph.Constant([0f], 1)])]);
        }

        graph.Apply("Reshape", [x, graph.Constant(-1, 4, 4)], "x");
        return graph.ToArray();
    }

    public static byte[] Cell(float[] a, bool isLinear, int extraWork)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");
        string sum = Sum(graph, a);
        if (extraWork > 0)
        {
            sum = graph.Apply("Add", [sum, Idle(graph, extraWork)]);
        }

        graph.Apply(isLinear ? "Identity" : "Tanh", [sum], "fz");
        return graph.ToArray();
    }

    public static byte[] Decoder(float[] c)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Output("logits", "B", "4");
        graph.Apply("MatMul", ["z", graph.Constant(c, TinyBundle.StateWidth, TinyBundle.Classes)], "logits");
        return graph.ToArray();
    }

    /// <summary>uᵀ·diag(1 − f²)·A, with f = tanh(A·z + x).</summary>
    public static byte[] VectorJacobian(float[] a, float[] aTransposed, bool isLinear)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Input("u", "B", "16").Output("uJ", "B", "16");
        string fz = graph.Apply("Tanh", [Sum(graph, a)]);
        string slope = graph.Apply("Sub", [graph.Constant([1f], 1), graph.Apply("Mul", [fz, fz])]);
        string scaled = isLinear ? "u" : graph.Apply("Mul", ["u", slope]);
        graph.Apply("MatMul", [scaled, graph.Constant(aTransposed, TinyBundle.StateWidth, TinyBundle.StateWidth)], "uJ");
        return graph.ToArray();
    }

    /// <summary>f(z, x), uᵀ·diag(1 − f²)·A and uᵀ·diag(1 − f²).</summary>
    public static byte[] JointCell(float[] a, float[] aTransposed, bool isLinear, int extraWork)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Input("u", "B", "16")
            .Output("fz", "B", "16").Output("uJ", "B", "16").Output("uJx", "B", "4", "4");
        string sum = Sum(graph, a);
        sum = extraWork > 0 ? graph.Apply("Add", [sum, Idle(graph, extraWork)]) : sum;
        string fz = graph.Apply(isLinear ? "Identity" : "Tanh", [sum], "fz");
        string slope = graph.Apply("Sub", [graph.Constant([1f], 1), graph.Apply("Mul", [fz, fz])]);
        string scaled = isLinear ? "u" : graph.Apply("Mul", ["u", slope]);
        graph.Apply("MatMul", [scaled, graph.Constant(aTransposed, TinyBundle.StateWidth, TinyBundle.StateWidth)], "uJ");
        graph.Apply("Reshape", [scaled, graph.Constant(-1, 4, 4)], "uJx");
        return graph.ToArray();
    }

    /// <summary>vᵀ·C, with the state as an input that does not count.</summary>
    public static byte[] DecoderVectorJacobian(float[] c)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("v", "B", "4").Output("vD", "B", "16");
        string product = graph.Apply("MatMul", ["v", graph.Constant(c, TinyBundle.Classes, TinyBundle.StateWidth)]);
        graph.Apply("Add", [product, graph.Apply("Mul", ["z", graph.Constant([0f], 1)])], "vD");
        return graph.ToArray();
    }

    /// <summary>wᵀ·W, with the image as an input that does not count.</summary>
    public static byte[] EncoderVectorJacobian(float[] w)
    {
        OnnxSketch graph = new OnnxSketch().Input("image", "B", "1", "8", "8").Input("w", "B", "4", "4").Output("wE", "B", "1", "8", "8");
        string product = graph.Apply("MatMul", [graph.Apply("Flatten", ["w"]), graph.Constant(w, TinyBundle.StateWidth, TinyBundle.InputLength)]);
        string image = graph.Apply("Reshape", [product, graph.Constant(-1, 1, 8, 8)]);
        graph.Apply("Add", [image, graph.Apply("Mul", ["image", graph.Constant([0f], 1)])], "wE");
        return graph.ToArray();
    }

    private static string Sum(OnnxSketch graph, float[] a)
    {
        string az = graph.Apply("MatMul", ["z", graph.Constant(a, TinyBundle.StateWidth, TinyBundle.StateWidth)]);
        return graph.Apply("Add", [az, graph.Apply("Flatten", ["x"])]);
    }

    /// <summary>Zeros that take a while: sines of z spread over 16 × 65536 numbers.</summary>
    private static string Idle(OnnxSketch graph, int passes)
    {
        string wide = graph.Apply("Expand", [graph.Apply("Unsqueeze", ["z", graph.Constant(2)]), graph.Constant(1, TinyBundle.StateWidth, 65536)]);
        for (int i = 0; i < passes; i++)
        {
            wide = graph.Apply("Sin", [wide]);
        }

        string mean = graph.Apply("ReduceMean", [wide], attributes: [("keepdims", 0)], lists: [("axes", [2])]);
        return graph.Apply("Mul", [mean, graph.Constant([0f], 1)]);
    }
}
