using System.Globalization;
using Deq.Runtime.Models;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>One ONNX graph, loaded and optimised: a pure function of named tensors. Shared by threads; its bindings are not.</summary>
internal sealed class OnnxGraph : IDisposable
{
    private readonly InferenceSession _session;
    private readonly bool _copiesToDevice;

    /// <summary>Loads a graph.</summary>
    /// <param name="model">An ONNX model with its weights inside.</param>
    /// <param name="options">On what it runs.</param>
    /// <param name="changes">What ONNX Runtime may make of it while it loads. Default everything.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the graph or the device.</exception>
    public OnnxGraph(byte[] model, ExecutionOptions options, GraphChanges changes = GraphChanges.All)
    {
        OnnxEnvironment.Prepare();
        using SessionOptions session = SessionOf(options, changes);
        _session = new InferenceSession(model, session);
        _copiesToDevice = options.Device != ExecutionOptions.Cpu;
        Inputs = [.. _session.InputNames.Select(name => SignatureOf(name, _session.InputMetadata[name]))];
        Outputs = [.. _session.OutputNames.Select(name => SignatureOf(name, _session.OutputMetadata[name]))];
    }

    /// <summary>What the graph takes, in its order.</summary>
    public IReadOnlyList<TensorSignature> Inputs { get; }

    /// <summary>What the graph gives, in its order.</summary>
    public IReadOnlyList<TensorSignature> Outputs { get; }

    /// <summary>The input or output of that name.</summary>
    public TensorSignature this[string name] => Inputs.Concat(Outputs).Single(tensor => tensor.Name == name);

    /// <summary>Ties the graph to host memory, so that running it neither copies on a processor nor allocates.</summary>
    /// <param name="tensors">Every input and output by name, each <c>[rows, …]</c>; pinned arrays that outlive the binding.</param>
    /// <param name="rows">How many rows a run takes.</param>
    /// <param name="scale">What H and W are. Default of a graph of fixed size.</param>
    public OnnxBinding Bind(IReadOnlyList<(string Name, Memory<float> Buffer)> tensors, int rows, ExtentScale scale = default) =>
        Bind([.. tensors.Select(tensor => BoundTensor.OnHost(tensor.Name, tensor.Buffer, this[tensor.Name].ShapeOf(rows, scale)))]);

    /// <summary>Ties the graph to memory wherever it is.</summary>
    /// <param name="tensors">Every input and output; the binding owns them from now on.</param>
    public OnnxBinding Bind(IReadOnlyList<BoundTensor> tensors) => new(_session, tensors, _copiesToDevice);

    /// <summary>The allocator of the memory in which the graph's device works; the caller disposes it before the graph.</summary>
    public OrtAllocator AllocatorOf(OrtMemoryInfo memory) => new(_session, memory);

    /// <summary>Runs the graph once on zeros and drops what it gives.</summary>
    /// <param name="rows">At least 1.</param>
    /// <param name="scale">What H and W are. Default of a graph of fixed size.</param>
    /// <param name="end">Ends the run between two nodes of the graph, also within its loops.</param>
    /// <exception cref="OnnxRuntimeException">The graph cannot run, or was ended.</exception>
    public void RunOnZeros(int rows, ExtentScale scale, CancellationToken end)
    {
        using var run = new RunOptions();
        using CancellationTokenRegistration ending = end.UnsafeRegister(options => ((RunOptions)options!).Terminate = true, run);
        OrtValue[] values = [.. Inputs.Select(input => OrtValue.CreateTensorValueFromMemory(new float[rows * input.WidthAt(scale)], input.ShapeOf(rows, scale)))];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, [.. Inputs.Select(input => input.Name)], values, [.. Outputs.Select(output => output.Name)]);
        }
        finally
        {
            Array.ForEach(values, value => value.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static SessionOptions SessionOf(ExecutionOptions options, GraphChanges changes)
    {
        var session = new SessionOptions
        {
            GraphOptimizationLevel = changes == GraphChanges.None ? GraphOptimizationLevel.ORT_DISABLE_ALL : GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = options.IntraOpThreads,
            InterOpNumThreads = 1,

            // Every error is thrown as well; the code that catches it decides what to log.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };

        // A spinning worker takes a whole core from the threads that answer requests.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        session.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        if (changes == GraphChanges.AllButFolding)
        {
            session.AddSessionConfigEntry("optimization.disable_specified_optimizers", "ConstantFolding");
        }

        if (options.Device == ExecutionOptions.Cuda)
        {
            AppendCuda(session, options);
        }

        return session;
    }

    private static void AppendCuda(SessionOptions session, ExecutionOptions options)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = options.DeviceId.ToString(CultureInfo.InvariantCulture),
            ["use_tf32"] = options.TensorFloat32 ? "1" : "0",

            // Trying every algorithm, the default, would do so again for every number of rows that a batch has for the first time.
            ["cudnn_conv_algo_search"] = "HEURISTIC",
        });
        session.AppendExecutionProvider_CUDA(cuda);
    }

    private static TensorSignature SignatureOf(string name, NodeMetadata metadata) => metadata.IsTensor
        ? new TensorSignature(
            name,
            metadata.ElementDataType.ToString().ToLowerInvariant(),
            [.. metadata.Dimensions.Select((size, axis) => size >= 0 ? size.ToString() : NameOf(metadata.SymbolicDimensions[axis]))])
        : new TensorSignature(name, "none", []);

    private static string NameOf(string symbol) => symbol.Length == 0 ? "?" : symbol;
}

/// <summary>What ONNX Runtime may make of a graph while it loads. Nothing ends a load.</summary>
internal enum GraphChanges
{
    /// <summary>Every optimisation.</summary>
    All,

    /// <summary>Every optimisation but the folding of constants, which runs nodes.</summary>
    AllButFolding,

    /// <summary>None: the graph runs as it is written.</summary>
    None,
}
