using Deq.Export.Graphs;

namespace Deq.Export.Specs.Graphs;

public sealed class GraphSpecs
{
    [Fact]
    public void Lists_weights_in_the_order_of_first_use()
    {
        var z = new Input("z", "B", 3);
        var first = new Weight("b", [3, 3], WeightStart.FanIn);
        var second = new Weight("a", [3, 3], WeightStart.FanIn);

        var graph = new Graph("cell", [z], [("f", z.MatMul(first).MatMul(second).MatMul(first))]);

        Assert.Equal(["b", "a"], graph.Weights.Select(weight => weight.Name));
    }

    [Fact]
    public void Orders_nodes_after_what_they_are_made_of_however_deep_it_is()
    {
        var z = new Input("z", "B", 1);
        Node y = z;
        for (int i = 0; i < 100_000; i++)
        {
            y = y.Tanh();
        }

        var graph = new Graph("deep", [z], [("y", y)]);

        Assert.Equal(100_001, graph.Nodes.Count);
        Assert.Same(z, graph.Nodes[0]);
        Assert.Same(y, graph.Nodes[^1]);
    }

    [Fact]
    public void Refuses_an_input_that_is_not_listed()
    {
        var z = new Input("z", "B", 3);
        var x = new Input("x", "B", 3);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => new Graph("cell", [z], [("f", z + x)]));

        Assert.Contains("cell needs x [B, 3]", refusal.Message);
    }

    [Fact]
    public void Refuses_a_name_that_occurs_twice()
    {
        var z = new Input("z", "B", 3);
        Node y = z.MatMul(new Weight("w", [3, 3], WeightStart.FanIn)).MatMul(new Weight("w", [3, 3], WeightStart.FanIn));

        ArgumentException weights = Assert.Throws<ArgumentException>(() => new Graph("cell", [z], [("f", y)]));
        ArgumentException output = Assert.Throws<ArgumentException>(() => new Graph("cell", [z], [("z", z.Tanh())]));

        Assert.Contains("cell uses these names twice: w", weights.Message);
        Assert.Contains("cell uses these names twice: z", output.Message);
    }

    [Fact]
    public void Refuses_to_give_nothing()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => new Graph("cell", [], []));

        Assert.Contains("cell has no outputs", refusal.Message);
    }
}
