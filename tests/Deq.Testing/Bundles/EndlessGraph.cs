namespace Deq.Testing.Bundles;

/// <summary>A graph that runs until it is ended.</summary>
public static class EndlessGraph
{
    /// <summary>The cell of a <see cref="TinyBundle"/> with a loop whose condition stays true.</summary>
    public static byte[] Cell()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");
        graph.Apply("Add", [graph.EndlessLoop("z", "B", "16"), graph.Apply("Flatten", ["x"])], "fz");
        return graph.ToArray();
    }
}
