using Deq.Export.Graphs.Onnx.Wire;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Export.Graphs.Onnx;

/// <summary>Loads a written model in ONNX Runtime and runs it once on zeros, so that a model which cannot be served is not shipped.</summary>
internal static class ExportCheck
{
    // A batch of more than one: what only works for a single sample fails here.
    private const int Batch = 2;
    private const int OtherExtent = 16;

    /// <summary>Loads and runs.</summary>
    /// <param name="graph">What was written.</param>
    /// <param name="body">As it was written, for its node names.</param>
    /// <param name="model">The bytes of the file.</param>
    /// <exception cref="ExportException">ONNX Runtime cannot load or run it.</exception>
    public static void Run(Graph graph, GraphProto body, byte[] model)
    {
        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(model, options);
            using var run = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            Dictionary<string, OrtValue> inputs = graph.Inputs.ToDictionary(input => input.Name, Zeros);
            try
            {
                using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, session.OutputNames);
            }
            finally
            {
                foreach (OrtValue input in inputs.Values)
                {
                    input.Dispose();
                }
            }
        }
        catch (OnnxRuntimeException refusal)
        {
            string? node = NodeNamedIn(refusal.Message, body);
            throw new ExportException($"ONNX Runtime refuses {node ?? "a node"} of graph {graph.Name}: {refusal.Message}", refusal) { Node = node };
        }
    }

    private static OrtValue Zeros(Input input)
    {
        long[] extents = [.. input.Shape.Dims.ToArray().Select(Example)];
        return OrtValue.CreateTensorValueFromMemory(new float[extents.Aggregate(1L, (product, n) => product * n)], extents);
    }

    private static long Example(Dim dim)
    {
        long extent = dim.Coefficient;
        foreach (string name in dim.Name?.Split('*') ?? [])
        {
            extent *= name == "B" ? Batch : OtherExtent;
        }

        return extent;
    }

    /// <summary>The longest node name that the message holds: shorter ones may be the beginning of it.</summary>
    private static string? NodeNamedIn(string message, GraphProto body) => body.Node
        .Select(node => node.Name)
        .Where(name => message.Contains(name, StringComparison.Ordinal))
        .MaxBy(name => name.Length);
}
