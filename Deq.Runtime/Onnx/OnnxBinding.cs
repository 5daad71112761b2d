using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>A graph tied to memory for one number of rows. Owned by one lane; not thread-safe.</summary>
internal sealed class OnnxBinding : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly BoundTensor[] _tensors;
    private readonly BoundTensor[] _sent;
    private readonly RunOptions _options = new();

    /// <summary>Ties every input and output of a session.</summary>
    /// <param name="session">The graph.</param>
    /// <param name="tensors">Every input and output; owned from now on.</param>
    /// <param name="copiesToDevice">Whether inputs in host memory are sent to a device before each run.</param>
    public OnnxBinding(InferenceSession session, IReadOnlyList<BoundTensor> tensors, bool copiesToDevice)
    {
        _session = session;
        _tensors = [.. tensors];
        _binding = session.CreateIoBinding();
        HashSet<string> inputs = [.. session.InputNames];
        foreach (BoundTensor tensor in _tensors)
        {
            if (inputs.Contains(tensor.Name))
            {
                _binding.BindInput(tensor.Name, tensor.Value);
            }
            else
            {
                _binding.BindOutput(tensor.Name, tensor.Value);
            }
        }

        _sent = copiesToDevice ? [.. _tensors.Where(tensor => tensor.IsOnHost && inputs.Contains(tensor.Name))] : [];
    }

    /// <summary>Runs the graph on what its memory holds now, and waits for it. Allocates nothing where all of it is on one device.</summary>
    public void Run() => RunUntil(CancellationToken.None);

    /// <summary>The same, with an end.</summary>
    /// <param name="end">Ends the run between two nodes of the graph, also within its loops.</param>
    /// <exception cref="OnnxRuntimeException">The graph cannot run, or was ended.</exception>
    public void RunUntil(CancellationToken end)
    {
        using CancellationTokenRegistration ending = end.UnsafeRegister(options => ((RunOptions)options!).Terminate = true, _options);

        // ONNX Runtime copies host memory to a device when it is bound, not when the graph runs.
        foreach (BoundTensor tensor in _sent)
        {
            _binding.BindInput(tensor.Name, tensor.Value);
        }

        if (_sent.Length > 0)
        {
            _binding.SynchronizeBoundInputs();
        }

        _session.RunWithBinding(_options, _binding);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        foreach (BoundTensor tensor in _tensors)
        {
            tensor.Value.Dispose();
        }

        _options.Dispose();
    }
}
