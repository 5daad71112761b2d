using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling;
using Deq.Runtime.States;

namespace Deq.Runtime.Onnx;

/// <summary>One thread's lane through an <see cref="OnnxModel"/> whose states and injections stay in the memory of the model's device.</summary>
/// <remarks>
/// An input goes in when it is encoded and an output comes back when it is decoded; between them only what
/// <see cref="OnnxStateSpace"/> says crosses. Not thread-safe; dispose it before its model.
/// </remarks>
public sealed class OnnxDeviceLane : IModelLane
{
    private readonly OnnxModel _model;
    private readonly OnnxStateSpace _injections;
    private readonly OnnxSlot _encoded;
    private readonly OnnxSlot _answer;
    private readonly float[] _input;
    private readonly float[] _output;
    private readonly OnnxBinding _encoder;
    private readonly OnnxBinding _decoder;
    private readonly OnnxDevice _device;
    private readonly BoundRuns<float> _cells = new();
    private readonly BoundRuns<float> _copies = new();

    internal OnnxDeviceLane(OnnxModel model, OnnxDevice device, int capacity)
    {
        (_model, _device) = (model, device);
        Space = new OnnxStateSpace(device, capacity, model.StateWidth);
        _injections = new OnnxStateSpace(device, capacity, model.InjectionLength);
        _injections.Allocate(1);
        _encoded = device.Allocate(1, model.InjectionLength);
        _answer = device.Allocate(1, model.StateWidth);
        _input = GC.AllocateArray<float>(model.InputLength, pinned: true);
        _output = GC.AllocateArray<float>(model.OutputLength, pinned: true);

        // Both work on the first row of a matrix of their own: a device's kernels may want addresses that a row in the middle lacks.
        _encoder = model.Encoder.Bind([OnHost(model.Encoder, TensorNames.Image, _input), On(model.Encoder, TensorNames.Injection, _encoded, 1)]);
        _decoder = model.Decoder.Bind([On(model.Decoder, TensorNames.State, _answer, 1), OnHost(model.Decoder, TensorNames.Logits, _output)]);
    }

    /// <summary>The lane's states, on the model's device.</summary>
    public OnnxStateSpace Space { get; }

    /// <inheritdoc/>
    IStateSpace IModelLane.Space => Space;

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        if (!_cells.TryFind([z, fz, rows], out OnnxBinding? binding, out _))
        {
            OnnxGraph cell = _model.Cell;
            binding = cell.Bind(
            [
                On(cell, TensorNames.State, Space[z], rows),
                On(cell, TensorNames.Injection, _injections[0], rows),
                On(cell, TensorNames.Mapped, Space[fz], rows),
            ]);
            _cells.Add([z, fz, rows], binding, []);
        }

        binding.Run();
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves) => _injections.Move(moves);

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
        _encoder.Run();
        if (!_copies.TryFind([row], out OnnxBinding? binding, out _))
        {
            binding = CopyOf(_encoded, 0, _injections[0], row, _model.InjectionLength);
            _copies.Add([row], binding, []);
        }

        binding.Run();
    }

    /// <inheritdoc/>
    public void Start(int slot, int row) => Space.Clear(slot, row, 1);

    /// <inheritdoc/>
    public void Decode(int slot, int row, Span<float> output)
    {
        if (!_copies.TryFind([row, slot], out OnnxBinding? binding, out _))
        {
            binding = CopyOf(Space[slot], row, _answer, 0, _model.StateWidth);
            _copies.Add([row, slot], binding, []);
        }

        binding.Run();
        _decoder.Run();
        _output.CopyTo(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cells.Dispose();
        _copies.Dispose();
        _encoder.Dispose();
        _decoder.Dispose();
        _encoded.Dispose();
        _answer.Dispose();
        _injections.Dispose();
        Space.Dispose();
    }

    private static BoundTensor On(OnnxGraph graph, string name, OnnxSlot slot, int rows) =>
        BoundTensor.OnDevice(name, slot.View(0, graph[name].ShapeOf(rows)));

    private static BoundTensor OnHost(OnnxGraph graph, string name, float[] buffer) =>
        BoundTensor.OnHost(name, buffer.AsMemory(), graph[name].ShapeOf(1));

    private OnnxBinding CopyOf(OnnxSlot from, int fromRow, OnnxSlot to, int toRow, int width) => _device.Copy.Bind(
    [
        BoundTensor.OnDevice(StateGraphs.Left, from.View(fromRow, 1, width)),
        BoundTensor.OnDevice(StateGraphs.Result, to.View(toRow, 1, width)),
    ]);
}
