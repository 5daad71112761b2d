using Deq.Export.Graphs;
using Deq.Runtime.Models;

namespace Deq.Export.Bundling;

/// <summary>What a manifest says of a graph.</summary>
internal static class GraphContract
{
    /// <summary>The graph's tensors with their shapes.</summary>
    /// <param name="file">Where it is in the bundle.</param>
    /// <param name="graph">The graph.</param>
    public static ModelPart Of(string file, Graph graph) => new(
        file,
        [.. graph.Inputs.Select(input => Contract(input.Name, input.Shape))],
        [.. graph.Outputs.Select(output => Contract(output.Name, output.Value.Shape))]);

    private static TensorContract Contract(string name, Shape shape) => new(name, [.. shape.Dims.ToArray().Select(dim => dim.ToString())]);
}
