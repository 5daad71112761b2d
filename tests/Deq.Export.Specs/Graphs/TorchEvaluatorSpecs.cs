using Deq.Export.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

public sealed class TorchEvaluatorSpecs
{
    [Fact]
    public void Computes_what_Torch_computes_by_hand()
    {
        using IDisposable scope = NewDisposeScope();
        Graph graph = SmallCell();
        Tensor[] weights = Weights(graph, ScalarType.Float64);
        Tensor z = randn([2, 4, 6, 6], ScalarType.Float64);

        Tensor y = new TorchEvaluator(graph).Run([z], weights)[0];

        Tensor convolved = nn.functional.conv2d(z, weights[0], weights[1], padding: [1, 1]);
        Tensor expected = (nn.functional.group_norm(convolved, 2, weights[2], weights[3], 1e-5) + z).relu();
        Assert.True(y.allclose(expected, rtol: 1e-12, atol: 1e-12));
    }

    [Fact]
    public void Leaves_autograd_its_values_while_releasing_its_own()
    {
        using IDisposable scope = NewDisposeScope();
        Graph graph = SmallCell();
        Tensor[] weights = [.. Weights(graph, ScalarType.Float32).Select(w => w.requires_grad_(true))];
        Tensor z = randn([2, 4, 6, 6]).requires_grad_(true);

        new TorchEvaluator(graph).Run([z], weights)[0].pow(2).sum().backward();

        Assert.All([z, .. weights], tensor => Assert.True(tensor.grad!.abs().sum().item<float>() > 0));
    }

    [Fact]
    public void Keeps_no_tensor_alive_but_its_outputs()
    {
        using DisposeScope scope = NewDisposeScope();
        Graph graph = SmallCell();
        var evaluator = new TorchEvaluator(graph);
        Tensor[] weights = Weights(graph, ScalarType.Float32);
        Tensor z = randn([2, 4, 6, 6]);
        int before = scope.DisposablesCount;

        Tensor y = evaluator.Run([z], weights)[0];

        Assert.Equal(before + 1, scope.DisposablesCount);
        Assert.True(scope.Contains(y));
    }

    [Fact]
    public void Follows_the_type_of_its_inputs_from_call_to_call()
    {
        using IDisposable scope = NewDisposeScope();
        var z = new Input("z", "B", 2);
        var evaluator = new TorchEvaluator(new Graph("part", [z], [("y", z * new Constant([1, 2], [2]))]));

        Tensor single = evaluator.Run([ones([3, 2], ScalarType.Float32)], [])[0];
        Tensor twice = evaluator.Run([ones([3, 2], ScalarType.Float64)], [])[0];
        Tensor again = evaluator.Run([ones([3, 2], ScalarType.Float32)], [])[0];

        Assert.Equal([ScalarType.Float32, ScalarType.Float64, ScalarType.Float32], new[] { single.dtype, twice.dtype, again.dtype });
        Assert.Equal(single.data<float>().ToArray(), again.data<float>().ToArray());
    }

    [Fact]
    public void Hands_out_a_handle_of_its_own_for_what_it_only_passes_on_or_returns_twice()
    {
        using IDisposable scope = NewDisposeScope();
        var z = new Input("z", "B", 2);
        Node y = z * 2;
        Tensor given = ones(1, 2);

        Tensor[] outputs = new TorchEvaluator(new Graph("part", [z], [("same", z), ("double", y), ("again", y)])).Run([given], []);
        outputs[0].Dispose();
        outputs[1].Dispose();

        Assert.Equal(2, given.sum().item<float>());
        Assert.Equal(4, outputs[2].sum().item<float>());
    }

    [Fact]
    public void Says_how_many_inputs_and_weights_it_takes()
    {
        using IDisposable scope = NewDisposeScope();

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => new TorchEvaluator(SmallCell()).Run([], []));

        Assert.Contains("cell takes 1 inputs and 4 weights; 0 and 0 were given", refusal.Message);
    }

    private static Graph SmallCell()
    {
        var z = new Input("z", "B", 4, 6, 6);
        var weight = new Weight("conv.weight", [4, 4, 3, 3], WeightStart.FanIn);
        var bias = new Weight("conv.bias", [4], WeightStart.Zeros);
        var scale = new Weight("norm.scale", [4], WeightStart.Ones);
        var shift = new Weight("norm.shift", [4], WeightStart.Zeros);
        Node y = (z.Conv(weight, bias).GroupNorm(2, scale, shift) + (2 * z / 2)).Relu();
        return new Graph("cell", [z], [("y", y)]);
    }

    private static Tensor[] Weights(Graph graph, ScalarType type)
    {
        var random = new Random(7);
        return [.. graph.Weights.Select(w =>
            tensor(w.Start.Draw(w.Extents, random), [.. w.Extents.Select(n => (long)n)]).to(type))];
    }
}
