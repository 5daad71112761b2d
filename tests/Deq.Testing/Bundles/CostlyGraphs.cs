namespace Deq.Testing.Bundles;

/// <summary>Cells of a <see cref="TinyBundle"/> with nodes that depend on no input, which ONNX Runtime computes while it loads a graph.</summary>
public static class CostlyGraphs
{
    /// <summary>f(z, x) = tanh(z/2 + x) plus the mean of repeated sines of constants.</summary>
    /// <param name="side">Of the square of constants.</param>
    /// <param name="sines">How often the sine is taken, at least 1.</param>
    public static byte[] ConstantCell(int side, int sines)
    {
        OnnxSketch graph = Cell();
        string wide = graph.Apply("Expand", [graph.Constant([1f], 1), graph.Constant(side, side)]);
        for (int i = 0; i < sines; i++)
        {
            wide = graph.Apply("Sin", [wide]);
        }

        string mean = graph.Apply("ReduceMean", [wide], attributes: [("keepdims", 1)], lists: [("axes", [0, 1])]);
        return End(graph, mean);
    }

    /// <summary>f(z, x) = tanh(z/2 + x) plus zeros as wide as z, whose width is known before anything is fed.</summary>
    public static byte[] ShapeCell()
    {
        OnnxSketch graph = Cell();
        string width = graph.Apply("Shape", ["z"], attributes: [("start", 1)]);
        return End(graph, graph.Apply("ConstantOfShape", [width]));
    }

    private static OnnxSketch Cell() => new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");

    private static byte[] End(OnnxSketch graph, string added)
    {
        string half = graph.Apply("Mul", ["z", graph.Constant([0.5f], 1)]);
        string map = graph.Apply("Tanh", [graph.Apply("Add", [half, graph.Apply("Flatten", ["x"])])]);
        graph.Apply("Add", [map, added], "fz");
        return graph.ToArray();
    }
}
