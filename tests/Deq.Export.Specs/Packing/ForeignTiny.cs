using System.CommandLine;
using System.Runtime.InteropServices;
using Deq.Export.Commands;
using Deq.Export.Graphs.Onnx.Wire;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks;
using Google.Protobuf;

namespace Deq.Export.Specs.Packing;

/// <summary>Graphs as other programs export them: own names, own symbols. image [batch, 1, 4, 4] ↦ feat; f(s, feat) = tanh(s/2 + feat), D = 16; four logits.</summary>
internal static class ForeignTiny
{
    /// <summary>D.</summary>
    public const int Width = 16;

    /// <summary>Two images.</summary>
    public static float[] Inputs { get; } = [.. Enumerable.Range(0, 2 * Width).Select(i => (i % 9 / 9f) - 0.5f)];

    public static byte[] Encoder() => Graph(
        [("pixels", ["batch", "1", "4", "4"])], [("feat", ["Reshapefeat_dim_0", "Reshapefeat_dim_1"])], Node("Flatten", ["pixels"], "feat"));

    /// <summary>A cell whose map is a chain of nodes from <c>half</c>, the state divided by two, to <c>mapped</c>.</summary>
    /// <param name="state">The state's shape.</param>
    /// <param name="element">Of its inputs and output.</param>
    /// <param name="map">The nodes; null adds nothing.</param>
    public static byte[] Cell(string[]? state = null, TensorProto.Types.ElementKind element = TensorProto.Types.ElementKind.Single, params NodeProto[] map)
    {
        state ??= ["batch", "16"];
        ModelProto model = ModelProto.Parser.ParseFrom(Graph(
            [("s", state), ("feat", ["batch", .. state[1..]])],
            [("7", state)],
            [Node("Mul", ["s", "c"], "half"), .. map.Length > 0 ? map : [Node("Identity", ["half"], "mapped")], Node("Add", ["mapped", "feat"], "sum"), Node("Tanh", ["sum"], "7")]));
        model.Graph.Initializer.Add(Floats("c", [0.5f]));
        foreach (ValueInfoProto value in model.Graph.Input.Concat(model.Graph.Output))
        {
            value.Type.TensorType.ElemType = element;
        }

        return model.ToByteArray();
    }

    public static byte[] Decoder(params string[] more)
    {
        string sum = more.Length > 0 ? "sum" : "s";
        ModelProto model = ModelProto.Parser.ParseFrom(Graph(
            [("s", ["n", "16"]), .. more.Select(name => (name, (string[])["n", "16"]))],
            [("out", ["n", "4"])],
            [.. more.Select(name => Node("Add", ["s", name], "sum")), Node("MatMul", [sum, "w"], "out")]));
        model.Graph.Initializer.Add(Weights());
        return model.ToByteArray();
    }

    /// <summary>A decoder whose four logits are planes of one number, <c>[n, 4, 1, 1]</c>.</summary>
    public static byte[] DecoderOfPlanes()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(Graph(
            [("s", ["n", "16"])], [("out", ["n", "4", "1", "1"])], Node("MatMul", ["s", "w"], "flat"), Node("Reshape", ["flat", "extents"], "out")));
        model.Graph.Initializer.Add(Weights());
        long[] extents = [-1, 4, 1, 1];
        model.Graph.Initializer.Add(new TensorProto
        {
            Name = "extents",
            DataType = TensorProto.Types.ElementKind.Integer,
            Dims = { extents.Length },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(extents.AsSpan())),
        });
        return model.ToByteArray();
    }

    /// <summary>The same graph with its weights in a file beside it.</summary>
    public static (byte[] Graph, byte[] Weights) External(byte[] graph, string location)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(graph);
        var weights = new List<byte>();
        foreach (TensorProto tensor in model.Graph.Initializer)
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{weights.Count}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
            weights.AddRange(tensor.RawData);
            tensor.RawData = ByteString.Empty;
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
        }

        return (model.ToByteArray(), [.. weights]);
    }

    /// <summary>A loop whose condition stays true.</summary>
    public static NodeProto EndlessLoop()
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add(new ValueInfoProto { Name = "i", Type = Type(TensorProto.Types.ElementKind.Integer, []) });
        body.Input.Add(new ValueInfoProto { Name = "on", Type = Type((TensorProto.Types.ElementKind)9, []) });
        body.Input.Add(new ValueInfoProto { Name = "v", Type = Type(TensorProto.Types.ElementKind.Single, ["batch", "16"]) });
        body.Node.Add(Node("Identity", ["on"], "still"));
        body.Node.Add(Node("Tanh", ["v"], "w"));
        body.Output.Add(new ValueInfoProto { Name = "still", Type = Type((TensorProto.Types.ElementKind)9, []) });
        body.Output.Add(new ValueInfoProto { Name = "w", Type = Type(TensorProto.Types.ElementKind.Single, ["batch", "16"]) });
        NodeProto loop = Node("Loop", ["", "", "half"], "mapped");
        loop.Attribute.Add(new AttributeProto { Name = "body", G = body, Type = (AttributeProto.Types.Kind)5 });
        return loop;
    }

    /// <summary>z less its mean over the batch.</summary>
    public static NodeProto[] MixedRows()
    {
        NodeProto mean = Node("ReduceMean", ["half"], "mean");
        mean.Attribute.Add(new AttributeProto { Name = "axes", Ints = { 0 }, Type = AttributeProto.Types.Kind.Ints });
        return [mean, Node("Sub", ["half", "mean"], "mapped")];
    }

    /// <summary>Packs a cell with the encoder and the decoder into the folder's bundle <c>model</c>.</summary>
    public static void Pack(TemporaryFolder folder, byte[] cell, params string[] options) => PackAll(folder, cell, Decoder(), options);

    /// <summary>Packs a cell and a decoder with the encoder into the folder's bundle <c>model</c>.</summary>
    public static void PackAll(TemporaryFolder folder, byte[] cell, byte[] decoder, params string[] options)
    {
        string[] graphs = [folder.Write("encode.onnx", Encoder()), folder.Write("cell.onnx", cell), folder.Write("decode.onnx", decoder)];
        PackCommand.Make(PackedTasks.OfProgram)
            .Parse([.. graphs, "--output", folder.File("model"), .. options])
            .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    public static NodeProto Node(string op, string[] inputs, string output) => new() { OpType = op, Name = output, Input = { inputs }, Output = { output } };

    public static byte[] Graph((string Name, string[] Shape)[] inputs, (string Name, string[] Shape)[] outputs, params NodeProto[] nodes)
    {
        var graph = new GraphProto { Name = "main_graph" };
        graph.Input.AddRange(inputs.Select(Value));
        graph.Output.AddRange(outputs.Select(Value));
        graph.Node.AddRange(nodes);
        var model = new ModelProto { IrVersion = 8, ProducerName = "pytorch", Graph = graph };
        model.OpsetImport.Add(new OperatorSetProto { Domain = "", Version = 17 });
        return model.ToByteArray();

        static ValueInfoProto Value((string Name, string[] Shape) tensor) => new() { Name = tensor.Name, Type = Type(TensorProto.Types.ElementKind.Single, tensor.Shape) };
    }

    private static TypeProto Type(TensorProto.Types.ElementKind element, string[] shape)
    {
        var extents = new TensorShapeProto();
        extents.Dim.AddRange(shape.Select(text => long.TryParse(text, out long number) ? new DimensionProto { DimValue = number } : new DimensionProto { DimParam = text }));
        return new TypeProto { TensorType = new TensorTypeProto { ElemType = element, Shape = extents } };
    }

    private static TensorProto Weights()
    {
        TensorProto weights = Floats("w", [.. Enumerable.Range(0, Width * 4).Select(i => (i % 7) - 3f)]);
        weights.Dims.Clear();
        weights.Dims.AddRange([Width, 4]);
        return weights;
    }

    private static TensorProto Floats(string name, float[] values) => new()
    {
        Name = name,
        DataType = TensorProto.Types.ElementKind.Single,
        Dims = { values.Length },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };
}
