using Microsoft.ML.OnnxRuntime;

namespace Deq.Export.Packing;

/// <summary>Runs a foreign model once on zeros, to see the sizes of its tensors where its graphs leave them open.</summary>
/// <remarks>Graphs run as they are written: to optimise one ONNX Runtime computes what depends on no input, and nothing ends that.</remarks>
internal sealed class TensorSizes : IDisposable
{
    private const int Rows = 2;

    private readonly ForeignModel _model;
    private readonly TimeSpan _longest;
    private readonly bool _isFree;
    private readonly Dictionary<ForeignGraph, InferenceSession> _sessions = [];

    /// <summary>Loads the graphs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="longest">The longest that a run may take.</param>
    /// <param name="isFree">Whether height and width of the input are free.</param>
    /// <param name="faults">Receives what cannot be loaded, each graph with its mend.</param>
    public TensorSizes(ForeignModel model, TimeSpan longest, bool isFree, List<string> faults)
    {
        (_model, _longest, _isFree) = (model, longest, isFree);
        foreach (ForeignGraph graph in ((ForeignGraph?[])[model.Encoder, model.Cell, model.Decoder, model.Product]).OfType<ForeignGraph>())
        {
            try
            {
                using var options = new SessionOptions
                {
                    GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
                    IntraOpNumThreads = 1,
                    LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                };
                _sessions.Add(graph, new InferenceSession(graph.ToArray(), options));
            }
            catch (OnnxRuntimeException fault)
            {
                faults.Add($"{graph.Name} is refused by ONNX Runtime: {fault.Message.ReplaceLineEndings(" ")}; export with opset_version=16, standard operators and float32 throughout.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (InferenceSession session in _sessions.Values)
        {
            session.Dispose();
        }
    }

    /// <summary>Runs encoder, cell and decoder; all of them were loaded.</summary>
    /// <param name="input">The extents of the encoder's input without the batch.</param>
    /// <param name="faults">Receives what cannot run, with its mend.</param>
    /// <returns>Extents without the batch, by the tensor's name in the graph that gives it; the cell's z is <c>cell/</c> and its name. Null after a fault.</returns>
    public Dictionary<string, long[]>? Of(long[] input, List<string> faults)
    {
        var sizes = new Dictionary<string, long[]>(StringComparer.Ordinal) { [$"encoder/{_model.Encoder.Inputs[0].Name}"] = input };
        if (!Run(_model.Encoder, "encoder", [input], sizes, faults) || StateOf(sizes, faults) is not { } state)
        {
            return null;
        }

        ForeignTensor z = _model.Cell.Inputs[0];
        sizes[$"cell/{z.Name}"] = state;
        bool ran = Run(_model.Cell, "cell", [state, .. _model.CellInjections.Select(Given)], sizes, faults)
            && Run(_model.Decoder, "decoder", [state, .. _model.DecoderInjections.Select(Given)], sizes, faults);
        return ran ? sizes : null;

        long[] Given(ForeignTensor tensor) => sizes[$"encoder/{tensor.Name}"];
    }

    /// <summary>z as far as the cell says; what it leaves open is what the encoder gives under the same symbol, or x at the same axis.</summary>
    private long[]? StateOf(Dictionary<string, long[]> sizes, List<string> faults)
    {
        ForeignTensor z = _model.Cell.Inputs[0];
        if (_model.Start is { } start)
        {
            return sizes[$"encoder/{start.Name}"];
        }

        var known = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((ForeignTensor taken, ForeignTensor given) in _model.Cell.Inputs.Skip(1).Zip(_model.CellInjections))
        {
            foreach ((string symbol, long extent) in taken.Shape!.Skip(1).Zip(sizes[$"encoder/{given.Name}"]))
            {
                known.TryAdd(symbol, extent);
            }
        }

        long[] x = sizes[$"encoder/{_model.CellInjections[0].Name}"];
        long?[] extents = [.. z.Shape!.Skip(1).Select((text, axis) =>
            ForeignTensor.IsNumber(text) ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : text != ForeignTensor.Unknown && known.TryGetValue(text, out long extent) ? extent
            : x.Length == z.Shape!.Count - 1 ? x[axis] : (long?)null)];
        if (extents.Any(extent => extent is null))
        {
            faults.Add($"{_model.Cell.Name}: {z} leaves the state's width open; let axis 0 alone vary in dynamic_axes, and give z a fixed width by z.reshape(-1, D).");
            return null;
        }

        return [.. extents.Select(extent => extent!.Value)];
    }

    private bool Run(ForeignGraph graph, string part, long[][] inputs, Dictionary<string, long[]> sizes, List<string> faults)
    {
        using var end = new CancellationTokenSource(_longest);
        try
        {
            using var run = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using CancellationTokenRegistration ending = end.Token.UnsafeRegister(state => ((RunOptions)state!).Terminate = true, run);
            OrtValue[] values = [.. inputs.Select(Zeros)];
            try
            {
                string[] names = [.. graph.Outputs.Select(output => output.Name)];
                using IDisposableReadOnlyCollection<OrtValue> outputs = _sessions[graph].Run(run, [.. graph.Inputs.Select(input => input.Name)], values, names);
                foreach ((string name, OrtValue value) in names.Zip(outputs))
                {
                    long[] shape = value.GetTensorTypeAndShape().Shape;
                    if (shape.Length == 0 || shape[0] != Rows)
                    {
                        faults.Add($"{graph.Name}: {name} is [{string.Join(", ", shape)}] of {Rows} rows; every output has a row for each along axis 0, so leave out or keep by row what sums over the batch.");
                        return false;
                    }

                    sizes[$"{part}/{name}"] = shape[1..];
                }
            }
            finally
            {
                Array.ForEach(values, value => value.Dispose());
            }

            return true;
        }
        catch (OnnxRuntimeException fault)
        {
            faults.Add(end.IsCancellationRequested
                ? $"{graph.Name} did not end within {_longest.TotalSeconds:0.###} s; a graph has no loop without an end: the loop that finds z* is the server's."
                : $"{graph.Name} cannot run on {string.Join(", ", inputs.Select(input => $"[{Rows}, {string.Join(", ", input)}]"))}; where a batch size is written into it, reshape with -1 and export with dynamic_axes{(_isFree ? ", height and width too (axes 2 and 3), or pack with a larger --least-side" : "")}. ONNX Runtime says: {fault.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    private static OrtValue Zeros(long[] extents)
    {
        long[] shape = [Rows, .. extents];
        return OrtValue.CreateTensorValueFromMemory(new float[shape.Aggregate(1L, (product, extent) => product * extent)], shape);
    }
}
