using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>A graph tied to memory for one number of rows. Owned by one lane; not thread-safe.</summary>
internal sealed class OnnxBinding(
    InferenceSession session,
    OrtIoBinding binding,
    IReadOnlyList<(string Name, OrtValue Value, bool IsInput)> values,
    bool copiesToDevice) : IDisposable
{
    private readonly RunOptions _options = new();

    /// <summary>Runs the graph on what its memory holds now. Allocates nothing on a processor.</summary>
    public void Run()
    {
        if (copiesToDevice)
        {
            // ONNX Runtime copies host memory to a device when it is bound, not when the graph runs.
            foreach ((string name, OrtValue value, bool isInput) in values)
            {
                if (isInput)
                {
                    binding.BindInput(name, value);
                }
            }
        }

        session.RunWithBinding(_options, binding);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        binding.Dispose();
        foreach ((_, OrtValue value, _) in values)
        {
            value.Dispose();
        }

        _options.Dispose();
    }
}
