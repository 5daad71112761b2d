using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Onnx;

/// <summary>An equilibrium model whose encoder, cell and decoder are ONNX graphs. Shared by threads: each opens its own lane.</summary>
/// <remarks>
/// The graphs belong to the bundle that opened them; dispose lanes before the bundle. A model of free size has the sizes of its typical frame, and
/// <see cref="At"/> gives it for another.
/// </remarks>
public sealed class OnnxModel : IEquilibriumModel, IDisposable
{
    private readonly Lazy<OnnxDevice> _device;
    private readonly bool _hasOwnMemory;
    private readonly bool _ownsGraphs;
    private readonly FrameSizes? _sizes;
    private readonly FlowState? _state;
    private readonly ShapeKey _shape;

    /// <summary>Joins graphs whose tensors agree with each other and with the manifest; the bundle has checked that.</summary>
    internal OnnxModel(
        OnnxGraph encoder, OnnxGraph cell, OnnxGraph decoder, OnnxGraph? vectorJacobian, ModelManifest manifest, ExecutionOptions options)
    {
        _device = new Lazy<OnnxDevice>(() => new OnnxDevice(options));
        _hasOwnMemory = options.Device != ExecutionOptions.Cpu;
        _ownsGraphs = true;
        (Encoder, Cell, Decoder, CellVectorJacobian) = (encoder, cell, decoder, vectorJacobian);
        (_sizes, _state) = (manifest.Input.Sizes, manifest.State);
        _shape = _sizes?.Typical ?? default;
        (Injections, Output) = (PartRules.Injections(manifest), manifest.Task == ModelTasks.Flow ? TensorNames.Flow : TensorNames.Logits);
        Measure();
    }

    private OnnxModel(OnnxModel whole, ShapeKey shape)
    {
        (_device, _hasOwnMemory, _sizes, _state, _shape) = (whole._device, whole._hasOwnMemory, whole._sizes, whole._state, shape);
        (Encoder, Cell, Decoder, CellVectorJacobian) = (whole.Encoder, whole.Cell, whole.Decoder, whole.CellVectorJacobian);
        (Injections, Output) = (whole.Injections, whole.Output);
        Measure();
    }

    /// <inheritdoc/>
    public int InputLength { get; private set; }

    /// <summary>Dx, numbers in one injection x, without the cost volumes of a flow estimator.</summary>
    public int InjectionLength => InjectionLengths[0];

    /// <inheritdoc/>
    public int StateWidth { get; private set; }

    /// <inheritdoc/>
    public int OutputLength { get; private set; }

    /// <summary>Whether lanes have a <see cref="OnnxLane.VectorJacobian"/>.</summary>
    public bool HasVectorJacobian => CellVectorJacobian is not null;

    internal OnnxGraph Encoder { get; }

    internal OnnxGraph Cell { get; }

    internal OnnxGraph Decoder { get; }

    internal OnnxGraph? CellVectorJacobian { get; }

    /// <summary>Whether the encoder hands detail to the decoder past the cell.</summary>
    internal bool HasDetail => Injections[^1] == TensorNames.Detail;

    /// <summary>What the encoder hands to the cell, x first, by name; last, where there is one, the detail for the decoder.</summary>
    internal IReadOnlyList<string> Injections { get; }

    /// <summary>Numbers of each injection.</summary>
    internal IReadOnlyList<int> InjectionLengths { get; private set; } = [];

    /// <summary>What the decoder's output is called.</summary>
    internal string Output { get; }

    /// <summary>What H and W of the graphs' tensors are.</summary>
    internal ExtentScale Scale => _sizes is null ? default : new ExtentScale(_shape.Height / _sizes.Multiple, _shape.Width / _sizes.Multiple);

    /// <summary>How the residual of a state is measured; null is the relative one.</summary>
    internal FlowMeasure? FlowMeasure => _state is null ? null : new FlowMeasure(
        _state.Cells(_shape.Height) * _state.Cells(_shape.Width), _state.Stride, _state.PixelsPerChange);

    /// <summary>The model for inputs of a shape, with its sizes; the graphs are shared. The default shape gives the model itself.</summary>
    /// <param name="shape">The shape of padded frames.</param>
    /// <exception cref="ArgumentException">A model of fixed size takes only that; a free one only what its manifest allows.</exception>
    public OnnxModel At(ShapeKey shape)
    {
        if (shape == default || shape == _shape)
        {
            return this;
        }

        if (_sizes is null)
        {
            throw new ArgumentException($"The model has a fixed size and takes no inputs of shape {shape.Height}x{shape.Width}.", nameof(shape));
        }

        if (shape.Height < 1 || shape.Width < 1 || shape.Height % _sizes.Multiple != 0 || shape.Width % _sizes.Multiple != 0)
        {
            throw new ArgumentException($"The model takes multiples of {_sizes.Multiple} pixels, not {shape.Height}x{shape.Width}.", nameof(shape));
        }

        return _sizes.Refusal(shape.Height, shape.Width) is { } refusal
            ? throw new ArgumentException(refusal, nameof(shape))
            : new OnnxModel(this, shape);
    }

    /// <inheritdoc/>
    IEquilibriumModel IEquilibriumModel.At(ShapeKey shape) => At(shape);

    /// <inheritdoc/>
    public double CostOf(ShapeKey shape) => _sizes is null || shape == default
        ? 1
        : (double)shape.Height * shape.Width / ((double)_sizes.TypicalHeight * _sizes.TypicalWidth);

    /// <summary>Makes one thread's own lane through the model, in host memory: what tools use that look at states.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxLane OpenLane(int capacity) => new(this, capacity);

    /// <summary>Makes one thread's own lane through the model, in the memory of its device. On a processor that is the slower of the two.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxDeviceLane OpenDeviceLane(int capacity) => new(this, _device.Value, capacity);

    /// <summary>Makes the lane that suits the device.</summary>
    IModelLane IEquilibriumModel.OpenLane(int capacity) => _hasOwnMemory ? OpenDeviceLane(capacity) : OpenLane(capacity);

    /// <summary>Closes the graphs, unless the model is one of another size that <see cref="At"/> gave.</summary>
    public void Dispose()
    {
        if (!_ownsGraphs)
        {
            return;
        }

        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        Encoder.Dispose();
        Cell.Dispose();
        Decoder.Dispose();
        CellVectorJacobian?.Dispose();
    }

    private void Measure()
    {
        ExtentScale scale = Scale;
        InputLength = Encoder[TensorNames.Image].WidthAt(scale);
        InjectionLengths = [.. Injections.Select(name => Encoder[name].WidthAt(scale))];
        StateWidth = Cell[TensorNames.State].WidthAt(scale);
        OutputLength = Decoder[Output].WidthAt(scale);
    }
}
