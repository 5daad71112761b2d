using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Onnx;

/// <summary>One thread's lane through an <see cref="OnnxModel"/> whose states and injections stay in the memory of the model's device.</summary>
/// <remarks>
/// An input goes in when it is encoded and an output comes back when it is decoded; between them only what
/// <see cref="OnnxStateSpace"/> says crosses. Not thread-safe; dispose it before its model.
/// </remarks>
public sealed class OnnxDeviceLane : IModelLane
{
    private readonly OnnxModel _model;
    private readonly CancellationToken _runsEnd;
    private readonly OnnxStateSpace[] _injections;
    private readonly OnnxSlot[] _encoded;
    private readonly OnnxSlot[] _decoded;
    private readonly OnnxSlot _answer;
    private readonly float[] _input;
    private readonly float[] _output;
    private readonly OnnxBinding _encoder;
    private readonly OnnxBinding _decoder;
    private readonly OnnxDevice _device;
    private readonly BoundRuns<float> _cells = new();
    private readonly BoundRuns<float> _copies = new();

    /// <param name="model">The model.</param>
    /// <param name="device">Its device.</param>
    /// <param name="capacity">Rows, at least 1.</param>
    /// <param name="runsEnd">Ends runs of the graphs.</param>
    internal OnnxDeviceLane(OnnxModel model, OnnxDevice device, int capacity, CancellationToken runsEnd)
    {
        (_model, _device, _runsEnd) = (model, device, runsEnd);
        Space = new OnnxStateSpace(device, capacity, model.StateWidth);
        Residual = model.Residual is { } residual ? new OnnxResidual(device, Space, residual) : model.Relative;
        _injections = [.. model.Injections.Select(injection => new OnnxStateSpace(device, capacity, injection.Length))];
        Array.ForEach(_injections, injection => injection.Allocate(1));
        _encoded = [.. model.Injections.Select(injection => device.Allocate(1, injection.Length))];
        _decoded = [.. model.DecoderPlaces.Select(place => device.Allocate(1, model.Injections[place].Length))];
        _answer = device.Allocate(1, model.StateWidth);
        _input = GC.AllocateArray<float>(model.InputLength, pinned: true);
        _output = GC.AllocateArray<float>(model.OutputLength, pinned: true);

        // Each works on the first row of its own matrix: a device's kernels may want addresses that a row in the middle lacks.
        _encoder = model.Encoder.Bind(
            [OnHost(model.Encoder, model.Input, _input), .. model.Injections.Select((injection, place) => On(model.Encoder, injection.Name, _encoded[place], 1))]);
        _decoder = model.Decoder.Bind(
        [
            On(model.Decoder, TensorNames.State, _answer, 1),
            .. _decoded.Select((slot, place) => On(model.Decoder, model.Injections[model.DecoderPlaces[place]].Name, slot, 1)),
            OnHost(model.Decoder, model.Output, _output),
        ]);
    }

    /// <summary>The lane's states, on the model's device.</summary>
    public OnnxStateSpace Space { get; }

    /// <inheritdoc/>
    IStateSpace IModelLane.Space => Space;

    /// <inheritdoc/>
    public IResidual Residual { get; }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        if (!_cells.TryFind([z, fz, rows], out OnnxBinding? binding, out _))
        {
            binding = CellOn(z, fz, rows);
            _cells.Add([z, fz, rows], binding, []);
        }

        binding.RunUntil(_runsEnd);
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (OnnxStateSpace injection in _injections)
        {
            injection.Move(moves);
        }
    }

    /// <inheritdoc/>
    public string? RefusalBy(Exception fault) => RunRefusal.Of(fault);

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<float> input, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Space.Capacity);
        if (input.Length != _model.InputLength)
        {
            throw new ArgumentException($"The input has {input.Length} numbers; the model needs {_model.InputLength}.", nameof(input));
        }

        input.CopyTo(_input);
        _encoder.RunUntil(_runsEnd);
        for (int place = 0; place < _injections.Length; place++)
        {
            // The key is apart from those of answers, which have two numbers.
            if (!_copies.TryFind([row, place, -1], out OnnxBinding? binding, out _))
            {
                binding = CopyOf(_encoded[place], 0, _injections[place][0], row, _model.Injections[place].Length);
                _copies.Add([row, place, -1], binding, []);
            }

            binding.Run();
        }
    }

    /// <inheritdoc/>
    public void Start(int slot, int row)
    {
        if (_model.StartPlace is not { } place)
        {
            Space.Clear(slot, row, 1);
            return;
        }

        if (!_copies.TryFind([row, slot, -3], out OnnxBinding? binding, out _))
        {
            binding = CopyOf(_injections[place][0], row, Space[slot], row, _model.StateWidth);
            _copies.Add([row, slot, -3], binding, []);
        }

        binding.Run();
    }

    /// <inheritdoc/>
    public void Start(int slot, int row, ReadOnlySpan<float> state) => Space.Write(slot, row, state);

    /// <inheritdoc/>
    public void Read(int slot, int row, Span<float> state) => Space.Read(slot, row, state);

    /// <inheritdoc/>
    public void Decode(int slot, int row, Span<float> output)
    {
        if (!_copies.TryFind([row, slot], out OnnxBinding? binding, out _))
        {
            binding = CopyOf(Space[slot], row, _answer, 0, _model.StateWidth);
            _copies.Add([row, slot], binding, []);
        }

        binding.Run();
        for (int place = 0; place < _decoded.Length; place++)
        {
            CopyToDecoder(row, place);
        }

        _decoder.RunUntil(_runsEnd);
        _output.CopyTo(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cells.Dispose();
        _copies.Dispose();
        _encoder.Dispose();
        _decoder.Dispose();
        _answer.Dispose();
        Array.ForEach(_decoded, decoded => decoded.Dispose());
        Array.ForEach(_encoded, encoded => encoded.Dispose());
        Array.ForEach(_injections, injection => injection.Dispose());
        (Residual as IDisposable)?.Dispose();
        Space.Dispose();
    }

    /// <summary>Copies an injection of a row to where the decoder reads it.</summary>
    private void CopyToDecoder(int row, int place)
    {
        if (!_copies.TryFind([row, place, -2], out OnnxBinding? binding, out _))
        {
            OnnxSlot decoded = _decoded[place];
            binding = CopyOf(_injections[_model.DecoderPlaces[place]][0], row, decoded, 0, decoded.Width);
            _copies.Add([row, place, -2], binding, []);
        }

        binding.Run();
    }

    private OnnxBinding CellOn(int z, int fz, int rows) => _model.Cell.Bind(
    [
        On(_model.Cell, TensorNames.State, Space[z], rows),
        .. _model.Injections.Take(_model.CellInjections).Select((injection, place) => On(_model.Cell, injection.Name, _injections[place][0], rows)),
        On(_model.Cell, TensorNames.Mapped, Space[fz], rows),
    ]);

    private BoundTensor On(OnnxGraph graph, string name, OnnxSlot slot, int rows) =>
        BoundTensor.OnDevice(name, slot.View(0, graph[name].ShapeOf(rows, _model.Scale)));

    private BoundTensor OnHost(OnnxGraph graph, string name, float[] buffer) =>
        BoundTensor.OnHost(name, buffer.AsMemory(), graph[name].ShapeOf(1, _model.Scale));

    private OnnxBinding CopyOf(OnnxSlot from, int fromRow, OnnxSlot to, int toRow, int width) => _device.Copy.Bind(
    [
        BoundTensor.OnDevice(StateGraphs.Left, from.View(fromRow, 1, width)),
        BoundTensor.OnDevice(StateGraphs.Result, to.View(toRow, 1, width)),
    ]);
}
