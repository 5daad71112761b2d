using Deq.Export.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

/// <summary>One op in one setting, with numbers to try it on.</summary>
internal sealed record OpSample(string Name, Func<Node> Build)
{
    /// <summary>Inputs are uniform in [Lowest, Highest].</summary>
    public double Lowest { get; init; } = -2;

    public double Highest { get; init; } = 2;

    public Graph Graph()
    {
        Node y = Build();
        Input[] inputs = [.. Deq.Export.Graphs.Graph.Order([y], []).OfType<Input>()];
        return new Graph("sample", inputs, [("result", y)]);
    }

    public float[][] Weights(Graph graph, Random random) => [.. graph.Weights.Select(weight => weight.Start.Draw(weight.Extents, random))];

    public float[] Values(Shape shape, int batch, Random random) =>
        [.. Enumerable.Range(0, (int)Extents(shape, batch).Aggregate(1L, (product, n) => product * n))
            .Select(_ => (float)(Lowest + ((Highest - Lowest) * random.NextDouble())))];

    public static Tensor Tensor(float[] values, Shape shape, int batch, ScalarType type) =>
        torch.tensor(values, Extents(shape, batch)).to(type);

    public static Tensor Tensor(float[] values, Weight weight, ScalarType type) =>
        torch.tensor(values, [.. weight.Extents.Select(n => (long)n)]).to(type);

    public static long[] Extents(Shape shape, int batch) => [.. shape.Dims.ToArray().Select(dim => Extent(dim, batch))];

    private static long Extent(Dim dim, int batch) => (dim.Name?.Split('*') ?? []).Aggregate((long)dim.Coefficient, (product, name) => name switch
    {
        "B" => product * batch,
        "H" => product * 6,
        "W" => product * 9,
        _ => throw new ArgumentException($"Samples have no extent {name}.", nameof(dim)),
    });
}
