using Deq.Export.Graphs;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

/// <summary>One sample with drawn inputs, weights and cotangent, evaluated in every way there is.</summary>
internal sealed class Trial
{
    private readonly OpSample _sample;
    private readonly int _batch;
    private readonly Dictionary<Weight, float[]> _weights;
    private readonly Input _u;
    private readonly float[] _cotangent;
    private readonly float[] _direction;

    private Trial(OpSample sample, int batch, int seed)
    {
        var random = new Random(seed);
        _sample = sample;
        _batch = batch;
        Graph = sample.Graph();
        Weights = sample.Weights(Graph, random);
        Inputs = [.. Graph.Inputs.Select(input => Array(input, random))];
        _weights = Graph.Weights.Zip(Weights).ToDictionary(pair => pair.First, pair => pair.Second);
        _u = new Input(VectorJacobian.Cotangent, Graph.Output("result").Shape.Dims.ToArray());
        _cotangent = new OpSample("", sample.Build).Values(_u.Shape, batch, random);
        _direction = new OpSample("", sample.Build).Values(new Shape(1 << 14), batch, random);
    }

    public Graph Graph { get; }

    public float[][] Weights { get; }

    public IReadOnlyList<(string Name, float[] Values, long[] Extents)> Inputs { get; }

    public IReadOnlyList<(string Name, float[] Values, long[] Extents)> InputsWithCotangent =>
        [.. Inputs, (_u.Name, _cotangent, OpSample.Extents(_u.Shape, _batch))];

    public static Trial Of(string name, int batch)
    {
        int index = OpCatalogue.All.ToList().FindIndex(sample => sample.Name == name);
        return new Trial(OpCatalogue.All[index], batch, seed: (31 * index) + batch);
    }

    public float[][] WeightsOf(Graph graph) => [.. graph.Weights.Select(weight => _weights[weight])];

    /// <summary>The graph's one output.</summary>
    public Tensor Torch(Graph graph, ScalarType type, Tensor? first = null, Input? replaced = null)
    {
        Tensor[] inputs = [.. graph.Inputs.Select(input => input == replaced ? first! : Value(input, type))];
        Tensor[] weights = [.. graph.Weights.Select(weight => OpSample.Tensor(_weights[weight], weight, type))];
        return new TorchEvaluator(graph).Run(inputs, weights)[0];
    }

    public Tensor PullBack(Input input, ScalarType type) => Torch(VectorJacobian.Of(Graph, "result", input.Name), type);

    public Tensor Autograd(Input input)
    {
        Tensor x = Value(input, ScalarType.Float64).requires_grad_(true);
        Tensor y = Torch(Graph, ScalarType.Float64, x, input);
        if (!y.requires_grad)
        {
            return zeros_like(x);
        }

        (y * Value(_u, ScalarType.Float64)).sum().backward();
        return x.grad ?? zeros_like(x);
    }

    /// <summary>The slope of uᵀy along a random direction, from values alone.</summary>
    public double CentralDifference(Input input)
    {
        const double Step = 1e-6;
        using IDisposable off = no_grad();
        Tensor step = Direction(input) * Step;
        Tensor x = Value(input, ScalarType.Float64);
        Tensor ahead = Torch(Graph, ScalarType.Float64, x + step, input);
        Tensor behind = Torch(Graph, ScalarType.Float64, x - step, input);
        return ((ahead - behind) * Value(_u, ScalarType.Float64)).sum().item<double>() / (2 * Step);
    }

    /// <summary>The same slope from a cotangent of the input.</summary>
    public double Slope(Input input, Tensor pulledBack) => (pulledBack * Direction(input)).sum().item<double>();

    private Tensor Direction(Input input)
    {
        long[] extents = OpSample.Extents(input.Shape, _batch);
        int count = (int)extents.Aggregate(1L, (product, n) => product * n);
        return tensor(_direction[..count], extents).to(ScalarType.Float64) / Math.Sqrt(count);
    }

    private Tensor Value(Input input, ScalarType type)
    {
        float[] values = input.Name == _u.Name ? _cotangent : Inputs.Single(given => given.Name == input.Name).Values;
        return OpSample.Tensor(values, input.Shape, _batch, type);
    }

    private (string Name, float[] Values, long[] Extents) Array(Input input, Random random) =>
        (input.Name, _sample.Values(input.Shape, _batch, random), OpSample.Extents(input.Shape, _batch));
}
