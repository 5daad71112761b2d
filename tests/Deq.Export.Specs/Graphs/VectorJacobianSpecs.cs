using Deq.Export.Graphs;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

public sealed class VectorJacobianSpecs
{
    [Fact]
    public void Takes_the_inputs_and_a_cotangent_and_gives_the_shape_of_the_input()
    {
        var z = new Input("z", "B", 6);
        var x = new Input("x", "B", 4);
        var cell = new Graph("cell", [z, x], [("f", (z.Slice(1, 0, 4) * x).Tanh())]);

        Graph product = VectorJacobian.Of(cell, "f", "z");

        Assert.Equal(["z", "x", "u"], product.Inputs.Select(input => input.Name));
        Assert.Equal(new Shape("B", 4), product.Input("u").Shape);
        Assert.Equal(z.Shape, product.Output("uJ").Shape);
    }

    [Fact]
    public void Is_zero_where_nothing_depends_on_the_input()
    {
        using IDisposable scope = NewDisposeScope();
        var z = new Input("z", "B", 3);
        var x = new Input("x", "B", 2);
        var graph = new Graph("part", [z, x], [("y", z.Exp())]);

        Tensor product = new TorchEvaluator(VectorJacobian.Of(graph, "y", "x")).Run([ones(4, 3), ones(4, 2), ones(4, 3)], [])[0];

        Assert.Equal([4, 2], product.shape);
        Assert.Equal(0, product.abs().sum().item<float>());
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 4)]
    public void Takes_the_side_that_autograd_takes_where_a_grid_meets_pixel_centres(bool alignCorners, int size)
    {
        using IDisposable scope = NewDisposeScope();
        var image = new Input("image", "B", 1, size, size);
        var grid = new Input("grid", "B", size, size, 2);
        var graph = new Graph("warp", [image, grid], [("y", image.GridSample(grid, alignCorners))]);
        Tensor pixels = arange(size * size, ScalarType.Float64).reshape(1, 1, size, size).pow(2);
        Tensor line = arange(size, ScalarType.Float64);
        Tensor centre = alignCorners ? (2 * line / (size - 1)) - 1 : (((2 * line) + 1) / size) - 1;
        Tensor[] places = [centre.expand(size, size), centre.unsqueeze(1).expand(size, size)];
        Tensor centres = stack(places, 2).unsqueeze(0).requires_grad_(true);

        Tensor product = new TorchEvaluator(VectorJacobian.Of(graph, "y", "grid")).Run([pixels, centres, ones_like(pixels)], [])[0];

        new TorchEvaluator(graph).Run([pixels, centres], [])[0].sum().backward();
        Assert.True(product.allclose(centres.grad!, rtol: 1e-12, atol: 1e-9));
    }

    [Fact]
    public void Shares_the_weights_of_the_graph()
    {
        var z = new Input("z", "B", 3);
        var first = new Weight("first", [3, 5], WeightStart.FanIn);
        var second = new Weight("second", [5, 3], WeightStart.FanIn);
        var graph = new Graph("cell", [z], [("f", z.MatMul(first).Tanh().MatMul(second))]);

        Graph product = VectorJacobian.Of(graph, "f", "z");

        Assert.Equal(graph.Weights.ToHashSet(), product.Weights.ToHashSet());
    }

    [Fact]
    public void Says_which_op_cannot_be_differentiated()
    {
        var z = new Input("z", 4, 3, 3, 3);
        var image = new Input("image", "B", 3, 5, 5);
        var learned = new Graph("cell", [z, image], [("f", image.Conv(z))]);
        var anySize = new Input("image", "B", 3, "H", "W");
        var strided = new Graph("cell", [anySize], [("f", anySize.Conv(new Weight("w", [4, 3, 3, 3], WeightStart.FanIn), stride: 2))]);

        NotSupportedException weight = Assert.Throws<NotSupportedException>(() => VectorJacobian.Of(learned, "f", "z"));
        NotSupportedException size = Assert.Throws<NotSupportedException>(() => VectorJacobian.Of(strided, "f", "image"));

        Assert.Contains("Conv has no pull-back to its weight", weight.Message);
        Assert.Contains("Conv with stride 2 has no pull-back to [B, 3, H, W]", size.Message);
    }

    [Fact]
    public void Says_which_outputs_and_inputs_there_are()
    {
        var z = new Input("z", "B", 4);
        var graph = new Graph("cell", [z], [("f", z.Tanh())]);

        ArgumentException output = Assert.Throws<ArgumentException>(() => VectorJacobian.Of(graph, "g", "z"));
        ArgumentException input = Assert.Throws<ArgumentException>(() => VectorJacobian.Of(graph, "f", "x"));

        Assert.Contains("cell has no output g; it has f", output.Message);
        Assert.Contains("cell has no input x; it has z", input.Message);
    }
}
