using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf;

namespace Deq.Export.Packing;

/// <summary>A graph that another program exported, with its weights inside.</summary>
internal sealed class ForeignGraph
{
    /// <summary>The most bytes of a graph with its weights: of a message of protocol buffers, and of an array.</summary>
    public static long MostBytes => Array.MaxLength;

    /// <summary>What is said of a graph that is larger than <see cref="MostBytes"/>.</summary>
    public const string MostSentence = "a graph holds at most 2 GB, its weights included: bundles hold no larger models.";

    private readonly ModelProto _model;

    private ForeignGraph(string name, ModelProto model)
    {
        (Name, _model) = (name, model);
        HashSet<string> weights = [.. model.Graph.Initializer.Select(weight => weight.Name)];
        Inputs = [.. model.Graph.Input.Where(input => !weights.Contains(input.Name)).Select(ForeignTensor.Of)];
        Outputs = [.. model.Graph.Output.Select(ForeignTensor.Of)];
    }

    /// <summary>The file's name, without its folder.</summary>
    public string Name { get; }

    /// <summary>What it takes, weights left out.</summary>
    public IReadOnlyList<ForeignTensor> Inputs { get; }

    /// <summary>What it gives.</summary>
    public IReadOnlyList<ForeignTensor> Outputs { get; }

    /// <summary>Reads a graph.</summary>
    /// <param name="file">An ONNX file; data in files beside it are read too.</param>
    /// <param name="faults">Receives what is wrong with it, each with its mend.</param>
    /// <returns>The graph, with or without faults; null where there is none to look at.</returns>
    public static ForeignGraph? Read(FileInfo file, List<string> faults)
    {
        if (!file.Exists)
        {
            faults.Add(Directory.Exists(file.FullName)
                ? $"{file.FullName} is a folder; name the ONNX file in it."
                : $"{file.Name} does not exist: {file.FullName}.");
            return null;
        }

        if (file.Length > MostBytes)
        {
            faults.Add($"{file.Name} has {file.Length} bytes; {MostSentence}");
            return null;
        }

        try
        {
            ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file.FullName));
            if (model.Graph is not null)
            {
                faults.AddRange(ExternalData.Inline(model.Graph, file));
                var graph = new ForeignGraph(file.Name, model);
                faults.AddRange(graph.Faults());
                return graph;
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // Said below: what is no message is no graph either.
        }

        faults.Add($"{file.Name} is no ONNX graph; write it with torch.onnx.export.");
        return null;
    }

    /// <summary>The graph as it is, its weights inside.</summary>
    public byte[] ToArray() => _model.ToByteArray();

    /// <summary>The graph with other names, order and shapes of its inputs and outputs.</summary>
    /// <param name="inputs">In the order wanted, each by the name it has.</param>
    /// <param name="outputs">Likewise; outputs that are left out go.</param>
    public byte[] Write(IReadOnlyList<StampedTensor> inputs, IReadOnlyList<StampedTensor> outputs)
    {
        ModelProto model = _model.Clone();
        GraphProto graph = model.Graph;

        // An exporter may return an input as an output: one value, which then has two names.
        StampedTensor[] passed = [.. outputs.Where(output => inputs.Any(input => input.Foreign == output.Foreign))];
        TensorRenaming.Apply(graph, inputs.Concat(outputs.Except(passed)).ToDictionary(tensor => tensor.Foreign, tensor => tensor.Name, StringComparer.Ordinal));
        foreach (StampedTensor output in passed)
        {
            string input = inputs.First(input => input.Foreign == output.Foreign).Name;
            graph.Node.Add(new NodeProto { Name = $"pack/{output.Name}", OpType = "Identity", Input = { input }, Output = { output.Name } });
        }

        graph.Input.Clear();
        graph.Input.AddRange(inputs.Select(input => input.ToProto()));
        graph.Output.Clear();
        graph.Output.AddRange(outputs.Select(output => output.ToProto()));

        // Shapes of what lies between are the exporter's guesses in its own symbols; ONNX Runtime finds its own.
        graph.ValueInfo.Clear();
        return model.ToByteArray();
    }

    private IEnumerable<string> Faults()
    {
        foreach (ForeignTensor tensor in Inputs.Concat(Outputs).Where(tensor => tensor.Element != TensorProto.Types.ElementKind.Single))
        {
            string mend = !tensor.IsWhole ? "export as float32: module.float(), with float32 example inputs"
                : Inputs.Contains(tensor) ? "take float32 and convert inside: encoder = lambda ids: embed(ids.long().clamp(0, n - 1))"
                : "tensors between graphs are float32: .float() at the end";
            yield return $"{Name}: {tensor.Name} is {tensor.ElementName}; {mend}.";
        }

        string axes = string.Join(", ", Inputs.Concat(Outputs).Select(tensor => $"'{tensor.Name}': {{0: 'B'}}"));
        string[] still = [.. Inputs.Where(input => input.Shape is [string batch, ..] && ForeignTensor.IsNumber(batch)).Select(input => input.ToString())];
        if (still.Length > 0)
        {
            yield return $"{Name} has a fixed batch: {string.Join(", ", still)}; export with dynamic_axes={{{axes}}}.";
        }

        foreach (ForeignTensor input in Inputs.Where(input => input.Shape is null or { Count: < 2 }))
        {
            yield return $"{Name}: {input} has no axis beside the batch; a tensor is [B, …] with one row per item.";
        }
    }
}
