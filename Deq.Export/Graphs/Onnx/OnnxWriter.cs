using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Deq.Export.Graphs.Onnx;

/// <summary>Writes a graph as an ONNX model and checks that ONNX Runtime loads and runs it.</summary>
public static class OnnxWriter
{
    /// <summary>The version of the standard operators that models use. ONNX Runtime reads it since 1.17.</summary>
    public const int Opset = 20;

    private const int FormatVersion = 9;

    /// <summary>Writes a model: inputs and outputs under their names in the graph, named extents left open, weights frozen in.</summary>
    /// <param name="graph">What to write.</param>
    /// <param name="weights">Effective values, row-major, in the order of <see cref="Graph.Weights"/>.</param>
    /// <returns>The bytes of an <c>.onnx</c> file; the same for the same graph and weights.</returns>
    /// <exception cref="ArgumentException">Another number of weights, or of values in one, than the graph has.</exception>
    /// <exception cref="ExportException">ONNX Runtime cannot load or run the model; the message names the node.</exception>
    public static byte[] Write(Graph graph, IReadOnlyList<float[]> weights)
    {
        CheckWeights(graph, weights);
        GraphProto body = Translate(graph, weights);
        var model = new ModelProto { IrVersion = FormatVersion, ProducerName = "deq", Graph = body };
        model.OpsetImport.Add(new OperatorSetProto { Domain = "", Version = Opset });
        byte[] bytes = model.ToByteArray();
        ExportCheck.Run(graph, body, bytes);
        return bytes;
    }

    private static GraphProto Translate(Graph graph, IReadOnlyList<float[]> weights)
    {
        var body = new GraphProto { Name = graph.Name };
        var scope = new OnnxScope(body);
        var values = new Dictionary<Node, string>(ReferenceEqualityComparer.Instance);
        foreach (Input input in graph.Inputs)
        {
            values.Add(input, scope.Unique(input.Name));
            body.Input.Add(Value(input.Name, input.Shape));
        }

        foreach ((string name, Node node) in graph.Outputs)
        {
            scope.Unique(name);
            body.Output.Add(Value(name, node.Shape));
        }

        for (int i = 0; i < weights.Count; i++)
        {
            Weight weight = graph.Weights[i];
            values.Add(weight, scope.Floats(weight.Name, weights[i], Extents(weight)));
        }

        int number = 0;
        foreach (Node node in graph.Nodes)
        {
            number++;
            if (node is Constant constant)
            {
                values.Add(node, scope.Floats($"constant_{number}", [.. constant.Values], Extents(node)));
            }
            else if (node is Apply apply)
            {
                scope.Enter(apply, number);
                values.Add(node, apply.Op.Onnx(scope, apply, [.. apply.Inputs.Select(input => values[input])]));
            }
        }

        NameOutputs(graph, body, values);
        return body;
    }

    /// <summary>Gives each output its name: the node that computes it is renamed; what is only passed on, or returned twice, is copied.</summary>
    private static void NameOutputs(Graph graph, GraphProto body, Dictionary<Node, string> values)
    {
        var renamed = new Dictionary<string, string>();
        HashSet<string> computed = [.. body.Node.SelectMany(node => node.Output)];
        foreach ((string name, Node node) in graph.Outputs)
        {
            if (!computed.Contains(values[node]) || !renamed.TryAdd(values[node], name))
            {
                body.Node.Add(new NodeProto { Name = $"{graph.Name}/{name}", OpType = "Identity", Input = { values[node] }, Output = { name } });
            }
        }

        foreach (NodeProto node in body.Node)
        {
            Rename(node.Input, renamed);
            Rename(node.Output, renamed);
        }
    }

    private static void Rename(RepeatedField<string> names, Dictionary<string, string> renamed)
    {
        for (int i = 0; i < names.Count; i++)
        {
            names[i] = renamed.GetValueOrDefault(names[i], names[i]);
        }
    }

    private static ValueInfoProto Value(string name, Shape shape)
    {
        var extents = new TensorShapeProto();
        foreach (Dim dim in shape.Dims)
        {
            extents.Dim.Add(dim.Known is { } known ? new DimensionProto { DimValue = known } : new DimensionProto { DimParam = dim.ToString() });
        }

        var type = new TensorTypeProto { ElemType = TensorProto.Types.ElementKind.Single, Shape = extents };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }

    private static long[] Extents(Node node) => [.. node.Shape.Dims.ToArray().Select(dim => (long)dim.Coefficient)];

    private static void CheckWeights(Graph graph, IReadOnlyList<float[]> weights)
    {
        if (weights.Count != graph.Weights.Count)
        {
            throw new ArgumentException($"Graph {graph.Name} has {graph.Weights.Count} weights; {weights.Count} were given.", nameof(weights));
        }

        for (int i = 0; i < weights.Count; i++)
        {
            Weight weight = graph.Weights[i];
            if (weight.Shape.Count != weights[i].Length)
            {
                throw new ArgumentException(
                    $"{weight.Name} {weight.Shape} holds {weight.Shape.Count} numbers; {weights[i].Length} were given.",
                    nameof(weights));
            }
        }
    }
}
