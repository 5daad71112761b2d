using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.States;

namespace Deq.Runtime.Onnx;

/// <summary>
/// One thread's lane through an <see cref="OnnxModel"/>. Its states and injections are arrays that ONNX Runtime reads and writes in place.
/// </summary>
/// <remarks>
/// The memory of a run is bound once per combination of slots and rows and kept: a solve that has warmed up allocates nothing per
/// evaluation. Not thread-safe; dispose it before its model.
/// </remarks>
public sealed class OnnxLane : IModelLane
{
    private readonly OnnxModel _model;
    private readonly CancellationToken _runsEnd;
    private readonly HostStateSpace _space;
    private readonly float[] _inputs;
    private readonly float[][] _injections;
    private readonly float[] _answers;
    private readonly float[] _outputs;
    private readonly AddedTerm? _added;
    private readonly InputCheck? _check;
    private readonly Dictionary<(int Z, int Fz, int Rows), OnnxBinding> _cells = [];
    private readonly Dictionary<(int First, int Rows), OnnxBinding> _encoders = [];
    private readonly Dictionary<(int First, int Rows), OnnxBinding> _decoders = [];
    private readonly Dictionary<int, OnnxBinding> _energies = [];
    private readonly float[] _energy = GC.AllocateUninitializedArray<float>(1, pinned: true);

    /// <param name="model">The model.</param>
    /// <param name="capacity">Rows, at least 1.</param>
    /// <param name="runsEnd">Ends runs of the graphs: a bundle's first ones must not take for ever.</param>
    internal OnnxLane(OnnxModel model, int capacity, CancellationToken runsEnd)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (_model, _runsEnd) = (model, runsEnd);
        _space = new HostStateSpace(capacity, model.StateWidth);
        _inputs = Pinned(model.InputLength);
        _injections = [.. model.Injections.Select(injection => Pinned(injection.Length))];
        _answers = Pinned(model.StateWidth);
        _outputs = Pinned(model.OutputLength);
        (_added, _check) = (model.MakeAdded(), model.MakeCheck());
        Residual = model.Residual is { } residual ? new HostResidual(_space, residual) : model.Relative;
        VectorJacobian = model.CellVectorJacobian is { } graph ? new OnnxVectorJacobian(graph, _space, model, _injections) { RunsEnd = runsEnd } : null;

        // Written before it is read: pages of unused rows are never touched.
        float[] Pinned(int width) => GC.AllocateUninitializedArray<float>(checked(capacity * width), pinned: true);
    }

    /// <summary>The lane's states, in host memory.</summary>
    public HostStateSpace Space => _space;

    /// <inheritdoc/>
    IStateSpace IModelLane.Space => _space;

    /// <inheritdoc/>
    public IResidual Residual { get; }

    /// <summary>The memory that the lane holds: inputs, injections, states and answers.</summary>
    public long Bytes => _space.Bytes
        + (sizeof(float) * ((long)_inputs.Length + _answers.Length + _outputs.Length + _injections.Sum(injection => (long)injection.Length)));

    /// <summary>(z, x, u) ↦ uᵀ·∂f/∂z over the lane's rows; null when the bundle does not carry it.</summary>
    public OnnxVectorJacobian? VectorJacobian { get; }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        if (!_cells.TryGetValue((z, fz, rows), out OnnxBinding? binding))
        {
            binding = _model.Cell.Bind(
                [
                    (TensorNames.State, _space[z].AsMemory(0, rows * _model.StateWidth)),
                    .. InjectionsOf(0, rows).Take(_model.CellInjections),
                    (TensorNames.Mapped, _space[fz].AsMemory(0, rows * _model.StateWidth)),
                ],
                rows,
                _model.Scale);
            _cells.Add((z, fz, rows), binding);
        }

        binding.RunUntil(_runsEnd);
        for (int row = 0; _added is not null && row < rows; row++)
        {
            _added(_space.Row(z, row), Injection(row), _space.Row(fz, row));
        }
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            for (int injection = 0; injection < _injections.Length; injection++)
            {
                Injection(move.From, injection).CopyTo(Injection(move.To, injection));
            }
        }
    }

    /// <inheritdoc/>
    public string? RefusalBy(Exception fault) => RunRefusal.Of(fault);

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<float> input, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, _space.Capacity);
        EncodeRows(input, row, 1);
    }

    /// <summary>Runs the encoder on several inputs at once and keeps what it gives as the injections of their rows.</summary>
    /// <param name="inputs"><c>[rows, InputLength]</c>; copied.</param>
    /// <param name="first">The row of the first input.</param>
    /// <param name="rows">How many, at least 1; they end within the lane's capacity.</param>
    /// <exception cref="ArgumentException">The inputs are of another length.</exception>
    /// <exception cref="UnfitInputException">The task takes no such numbers.</exception>
    public void EncodeRows(ReadOnlySpan<float> inputs, int first, int rows)
    {
        if (inputs.Length != rows * _model.InputLength)
        {
            throw new ArgumentException($"Inputs have {inputs.Length} numbers; the model needs [{rows}, {_model.InputLength}].", nameof(inputs));
        }

        for (int row = 0; _check is not null && row < rows; row++)
        {
            if (_check(inputs.Slice(row * _model.InputLength, _model.InputLength)) is { } refusal)
            {
                throw new UnfitInputException(refusal, fault: null);
            }
        }

        if (!_encoders.TryGetValue((first, rows), out OnnxBinding? binding))
        {
            binding = _model.Encoder.Bind(
                [(_model.Input, _inputs.AsMemory(0, rows * _model.InputLength)), .. InjectionsOf(first, rows)], rows, _model.Scale);
            _encoders.Add((first, rows), binding);
        }

        inputs.CopyTo(_inputs);
        binding.RunUntil(_runsEnd);
    }

    /// <inheritdoc/>
    public void Start(int slot, int row)
    {
        Span<float> state = _space.Row(slot, row);
        if (_model.StartPlace is { } place)
        {
            Injection(row, place).CopyTo(state);
        }
        else
        {
            state.Clear();
        }
    }

    /// <inheritdoc/>
    public void Start(int slot, int row, ReadOnlySpan<float> state) => state.CopyTo(_space.Row(slot, row));

    /// <inheritdoc/>
    public void Read(int slot, int row, Span<float> state) => _space.Row(slot, row).CopyTo(state);

    /// <inheritdoc/>
    public void Decode(int slot, int row, Span<float> output) => DecodeRows(_space.Row(slot, row), 1, output, row);

    /// <summary>Runs the decoder on several states at once.</summary>
    /// <param name="states"><c>[rows, D]</c>; copied.</param>
    /// <param name="rows">How many, at least 1 and at most the lane's capacity.</param>
    /// <param name="outputs">Receives <c>[rows, OutputLength]</c>.</param>
    /// <param name="first">The row of the lane whose injections the first state belongs to, where the decoder takes any. Default 0.</param>
    /// <exception cref="ArgumentException">The states or outputs are of another length.</exception>
    public void DecodeRows(ReadOnlySpan<float> states, int rows, Span<float> outputs, int first = 0)
    {
        if (states.Length != rows * _model.StateWidth || outputs.Length < rows * _model.OutputLength)
        {
            throw new ArgumentException(
                $"States have {states.Length} numbers and outputs {outputs.Length}; the model needs [{rows}, {_model.StateWidth}] and "
                + $"[{rows}, {_model.OutputLength}].",
                nameof(states));
        }

        first = _model.DecoderPlaces.Count > 0 ? first : 0;
        if (!_decoders.TryGetValue((first, rows), out OnnxBinding? binding))
        {
            binding = _model.Decoder.Bind(
                [
                    (TensorNames.State, _answers.AsMemory(0, rows * _model.StateWidth)),
                    .. InjectionsOf(first, rows).Where((_, place) => _model.DecoderPlaces.Contains(place)),
                    (_model.Output, _outputs.AsMemory(0, rows * _model.OutputLength)),
                ],
                rows,
                _model.Scale);
            _decoders.Add((first, rows), binding);
        }

        states.CopyTo(_answers);
        binding.RunUntil(_runsEnd);
        _outputs.AsSpan(0, rows * _model.OutputLength).CopyTo(outputs);
    }

    /// <inheritdoc/>
    public double Energy(int slot, int row)
    {
        if (!_model.HasEnergy)
        {
            throw new NotSupportedException("The model has no graph of an energy.");
        }

        if (!_energies.TryGetValue(row, out OnnxBinding? binding))
        {
            binding = _model.Part(ModelParts.Energy).Bind(
                [
                    (TensorNames.State, _answers.AsMemory(0, _model.StateWidth)),
                    .. InjectionsOf(row, 1).Where((_, place) => _model.EnergyPlaces.Contains(place)),
                    (TensorNames.Energy, _energy),
                ],
                1,
                _model.Scale);
            _energies.Add(row, binding);
        }

        _space.Row(slot, row).CopyTo(_answers);
        binding.RunUntil(_runsEnd);
        return _energy[0];
    }

    /// <summary>An injection of one row in the lane's own memory: x, <c>[Dx]</c>, or a further one.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="injection">0 is x, then the others in the order of the encoder's outputs. Default 0.</param>
    public Span<float> Injection(int row, int injection = 0)
    {
        int length = _model.Injections[injection].Length;
        return _injections[injection].AsSpan(row * length, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OnnxBinding binding in (IEnumerable<OnnxBinding>)[.. _cells.Values, .. _encoders.Values, .. _decoders.Values, .. _energies.Values])
        {
            binding.Dispose();
        }

        _cells.Clear();
        _encoders.Clear();
        _decoders.Clear();
        _energies.Clear();
        VectorJacobian?.Release();
    }

    private IEnumerable<(string Name, Memory<float> Buffer)> InjectionsOf(int first, int rows) => _model.Injections.Select((injection, place) =>
        (injection.Name, _injections[place].AsMemory(first * injection.Length, rows * injection.Length)));
}
