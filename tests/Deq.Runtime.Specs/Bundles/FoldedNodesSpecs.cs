using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

public sealed class FoldedNodesSpecs
{
    [Fact]
    public void Are_none_where_every_node_takes_something_that_is_fed() => Assert.All(
        new TinyBundle(new() { HasVectorJacobian = true, HasJointGraphs = true }).Files().Where(file => file.Key.EndsWith(".onnx", StringComparison.Ordinal)),
        file => Assert.False(FoldedNodes.Of(file.Value).Any));

    [Fact]
    public void Are_nodes_of_constants_and_of_shapes()
    {
        FoldedNodes constants = FoldedNodes.Of(CostlyGraphs.ConstantCell(side: 2, sines: 1));
        FoldedNodes shapes = FoldedNodes.Of(CostlyGraphs.ShapeCell());

        Assert.True(constants.Any && shapes.Any);
        Assert.False(constants.HasInnerGraphs || shapes.HasInnerGraphs);
    }

    [Fact]
    public void May_be_in_a_graph_within_a_node()
    {
        FoldedNodes looped = FoldedNodes.Of(EndlessGraph.Cell());

        Assert.True(looped.Any && looped.HasInnerGraphs);
    }

    [Fact]
    public void Are_not_in_what_is_no_graph()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);

            Assert.Null(Record.Exception(() => FoldedNodes.Of(bytes)));
        }
    }
}
