using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Graphs.Onnx.Wire;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs.Onnx;

public sealed class OnnxWriterSpecs
{
    [Fact]
    public void Keeps_names_and_leaves_named_extents_open()
    {
        var z = new Input("z", "B", 3, "H", "W");
        var x = new Input("x", "B", 3, 1, 1);

        ModelProto model = ModelProto.Parser.ParseFrom(OnnxWriter.Write(new Graph("cell", [z, x], [("f", (z + x).Tanh())]), []));

        Assert.Equal(["z", "x"], model.Graph.Input.Select(value => value.Name));
        Assert.Equal(["f"], model.Graph.Output.Select(value => value.Name));
        Assert.Equal("B 3 H W", Extents(model.Graph.Input[0]));
        Assert.Equal("B 3 H W", Extents(model.Graph.Output[0]));
        Assert.Equal(OnnxWriter.Opset, Assert.Single(model.OpsetImport).Version);
    }

    [Fact]
    public void Names_nodes_after_the_weights_they_use()
    {
        var z = new Input("z", "B", 4, 5, 5);
        var weight = new Weight("cell.branch0.conv1.weight", [4, 4, 3, 3], WeightStart.Zeros);
        var scale = new Weight("cell.norm.scale", [4], WeightStart.Ones);
        var shift = new Weight("cell.norm.shift", [4], WeightStart.Zeros);
        var graph = new Graph("cell", [z], [("f", z.Conv(weight).Conv(weight).GroupNorm(2, scale, shift))]);

        ModelProto model = ModelProto.Parser.ParseFrom(OnnxWriter.Write(graph, [new float[144], new float[4], new float[4]]));

        string[] names = [.. model.Graph.Node.Select(node => node.Name)];
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(2, names.Count(name => name.StartsWith("cell.branch0.conv1/Conv_", StringComparison.Ordinal)));
        Assert.All(names.Skip(2), name => Assert.StartsWith("cell.norm/GroupNorm_", name));
    }

    [Fact]
    public void Writes_the_same_bytes_for_the_same_graph()
    {
        var weight = new Weight("w", [3, 2], WeightStart.Zeros);
        var z = new Input("z", "B", 3);
        var graph = new Graph("cell", [z], [("f", z.MatMul(weight).Relu() + 1)]);
        float[] values = [1, 2, 3, 4, 5, 6];

        byte[] first = OnnxWriter.Write(graph, [values]);
        byte[] second = OnnxWriter.Write(graph, [values]);

        Assert.Equal(first, second);
    }

    [Fact]
    public void Serves_what_a_graph_only_passes_on_and_what_it_returns_twice()
    {
        var z = new Input("z", "B", 2);
        Node y = z * 2;
        float[] numbers = [1, 2, 3, 4];

        foreach (string[] outputs in new string[][] { ["same", "double", "again"], ["double", "again", "same"] })
        {
            var graph = new Graph("part", [z], [.. outputs.Select(name => (name, name == "same" ? z : y))]);
            (float[] served, _) = ServedGraph.Run(OnnxWriter.Write(graph, []), [("z", numbers, [2, 2])]);

            Assert.Equal(outputs[0] == "same" ? numbers : [2, 4, 6, 8], served);
        }
    }

    [Fact]
    public void Refuses_weights_that_do_not_fit()
    {
        var weight = new Weight("w", [3, 2], WeightStart.Zeros);
        var z = new Input("z", "B", 3);
        var graph = new Graph("cell", [z], [("f", z.MatMul(weight))]);

        ArgumentException none = Assert.Throws<ArgumentException>(() => OnnxWriter.Write(graph, []));
        ArgumentException five = Assert.Throws<ArgumentException>(() => OnnxWriter.Write(graph, [new float[5]]));

        Assert.Contains("cell has 1 weights; 0 were given", none.Message);
        Assert.Contains("w [3, 2] holds 6 numbers; 5 were given", five.Message);
    }

    [Theory]
    [InlineData("DeqOperatorThatNobodyHas")] // is found when the model is loaded
    [InlineData("Det")] // is found when shapes are inferred
    [InlineData("GridSample")] // is found when the kernel meets a volume
    [InlineData("Reshape")] // is found when the kernel meets a batch
    public void Names_the_node_that_ONNX_Runtime_refuses(string type)
    {
        var z = new Input("z", "B", 2, 3, 4, 3);
        var graph = new Graph("cell", [z], [("f", new Apply(new Unserved(type), [z.Tanh()]).Relu())]);

        ExportException refusal = Assert.Throws<ExportException>(() => OnnxWriter.Write(graph, []));

        Assert.Equal($"cell/Unserved_3/{type}", refusal.Node);
        Assert.Contains(refusal.Node!, refusal.Message);
    }

    private static string Extents(ValueInfoProto value) =>
        string.Join(' ', value.Type.TensorType.Shape.Dim.Select(dim => dim.HasDimParam ? dim.DimParam : dim.DimValue.ToString()));

    /// <summary>Claims to keep the shape, and writes any given nodes.</summary>
    private sealed class Unserved(string type) : Op
    {
        public override string Name => "Unserved";

        public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

        public override Tensor Torch(Tensor[] inputs) => throw new NotSupportedException();

        public override Node? PullBack(Apply y, Node u, int input) => throw new NotSupportedException();

        internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => type switch
        {
            "Reshape" => scope.Add(type, [inputs[0], scope.Integers(7)]),
            "GridSample" => scope.Add(type, [inputs[0], inputs[0]], ("mode", "cubic")),
            _ => scope.Add(type, inputs),
        };
    }
}
