using Deq.Runtime.Models;

namespace Deq.Runtime.Onnx;

/// <summary>The buffers of joint inference and the runs of the five graphs over them. Owned by one lane; not thread-safe.</summary>
internal sealed class JointRuns : IDisposable
{
    private readonly OnnxModel _model;
    private readonly CancellationToken _runsEnd;
    private readonly float[] _state;
    private readonly float[] _multiplier;
    private readonly float[] _input;
    private readonly float[] _injection;
    private readonly float[] _mapped;
    private readonly float[] _stateProduct;
    private readonly float[] _injectionProduct;
    private readonly float[] _output;
    private readonly float[] _cotangent;
    private readonly float[] _outputProduct;
    private readonly float[] _inputProduct;
    private readonly Dictionary<int, OnnxBinding[]> _forward = [];
    private readonly Dictionary<int, OnnxBinding[]> _backward = [];

    public JointRuns(OnnxModel model, int capacity, CancellationToken runsEnd)
    {
        (_model, _runsEnd) = (model, runsEnd);
        (_state, _multiplier, _mapped) = (Pinned(model.StateWidth), Pinned(model.StateWidth), Pinned(model.StateWidth));
        (_stateProduct, _outputProduct) = (Pinned(model.StateWidth), Pinned(model.StateWidth));
        (_input, _inputProduct) = (Pinned(model.InputLength), Pinned(model.InputLength));
        (_injection, _injectionProduct) = (Pinned(model.InjectionLength), Pinned(model.InjectionLength));
        (_output, _cotangent) = (Pinned(model.OutputLength), Pinned(model.OutputLength));

        float[] Pinned(int width) => GC.AllocateUninitializedArray<float>(checked(capacity * width), pinned: true);
    }

    /// <summary>z of a row; write it before <see cref="Forward"/>.</summary>
    public Span<float> State(int row) => Row(_state, row, _model.StateWidth);

    /// <summary>μ of a row; write it before <see cref="Forward"/>.</summary>
    public Span<float> Multiplier(int row) => Row(_multiplier, row, _model.StateWidth);

    /// <summary>x of a row; write it before <see cref="Forward"/>.</summary>
    public Span<float> Input(int row) => Row(_input, row, _model.InputLength);

    /// <summary>f(z, x).</summary>
    public Span<float> Mapped(int row) => Row(_mapped, row, _model.StateWidth);

    /// <summary>Jzᵀμ.</summary>
    public Span<float> StateProduct(int row) => Row(_stateProduct, row, _model.StateWidth);

    /// <summary>Jxᵀμ.</summary>
    public Span<float> InjectionProduct(int row) => Row(_injectionProduct, row, _model.InjectionLength);

    /// <summary>The decoder's output.</summary>
    public Span<float> Output(int row) => Row(_output, row, _model.OutputLength);

    /// <summary>∂ℓ/∂output; write it before <see cref="Backward"/>.</summary>
    public Span<float> OutputCotangent(int row) => Row(_cotangent, row, _model.OutputLength);

    /// <summary>The cotangent of the output, pulled back to z.</summary>
    public Span<float> OutputProduct(int row) => Row(_outputProduct, row, _model.StateWidth);

    /// <summary>Jxᵀμ, pulled back to the encoder's input.</summary>
    public Span<float> InputProduct(int row) => Row(_inputProduct, row, _model.InputLength);

    /// <summary>Encoder, cell with its products, and decoder.</summary>
    public void Forward(int rows)
    {
        if (!_forward.TryGetValue(rows, out OnnxBinding[]? bindings))
        {
            bindings =
            [
                Bind(_model.Encoder, rows, (_model.Input, _input), (TensorNames.Injection, _injection)),
                Bind(
                    _model.Part(ModelParts.JointCell),
                    rows,
                    (TensorNames.State, _state),
                    (TensorNames.Injection, _injection),
                    (TensorNames.Cotangent, _multiplier),
                    (TensorNames.Mapped, _mapped),
                    (TensorNames.CotangentProduct, _stateProduct),
                    (TensorNames.InjectionProduct, _injectionProduct)),
                Bind(_model.Decoder, rows, (TensorNames.State, _state), (_model.Output, _output)),
            ];
            _forward.Add(rows, bindings);
        }

        Run(bindings);
    }

    /// <summary>The pull-backs of decoder and encoder.</summary>
    public void Backward(int rows)
    {
        if (!_backward.TryGetValue(rows, out OnnxBinding[]? bindings))
        {
            bindings =
            [
                Bind(
                    _model.Part(ModelParts.DecoderVectorJacobian),
                    rows,
                    (TensorNames.State, _state),
                    (TensorNames.OutputCotangent, _cotangent),
                    (TensorNames.OutputProduct, _outputProduct)),
                Bind(
                    _model.Part(ModelParts.EncoderVectorJacobian),
                    rows,
                    (_model.Input, _input),
                    (TensorNames.InjectionCotangent, _injectionProduct),
                    (TensorNames.InputProduct, _inputProduct)),
            ];
            _backward.Add(rows, bindings);
        }

        Run(bindings);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OnnxBinding binding in _forward.Values.Concat(_backward.Values).SelectMany(bindings => bindings))
        {
            binding.Dispose();
        }

        _forward.Clear();
        _backward.Clear();
    }

    private static Span<float> Row(float[] buffer, int row, int width) => buffer.AsSpan(row * width, width);

    private OnnxBinding Bind(OnnxGraph graph, int rows, params IReadOnlyList<(string Name, float[] Buffer)> tensors) => graph.Bind(
        [.. tensors.Select(tensor => (tensor.Name, tensor.Buffer.AsMemory(0, rows * graph[tensor.Name].WidthAt(_model.Scale))))], rows, _model.Scale);

    private void Run(OnnxBinding[] bindings)
    {
        foreach (OnnxBinding binding in bindings)
        {
            binding.RunUntil(_runsEnd);
        }
    }
}
