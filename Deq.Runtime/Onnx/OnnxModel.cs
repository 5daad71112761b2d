using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling;

namespace Deq.Runtime.Onnx;

/// <summary>An equilibrium model whose encoder, cell and decoder are ONNX graphs. Shared by threads: each opens its own lane.</summary>
/// <remarks>The graphs belong to the bundle that opened them; dispose lanes before the bundle.</remarks>
public sealed class OnnxModel : IEquilibriumModel, IDisposable
{
    private readonly Lazy<OnnxDevice> _device;
    private readonly bool _hasOwnMemory;

    /// <summary>Joins graphs whose tensors agree with each other; the bundle has checked that.</summary>
    internal OnnxModel(OnnxGraph encoder, OnnxGraph cell, OnnxGraph decoder, OnnxGraph? vectorJacobian, ExecutionOptions options)
    {
        _device = new Lazy<OnnxDevice>(() => new OnnxDevice(options));
        _hasOwnMemory = options.Device != ExecutionOptions.Cpu;
        (Encoder, Cell, Decoder, CellVectorJacobian) = (encoder, cell, decoder, vectorJacobian);
        InputLength = encoder[TensorNames.Image].Width;
        InjectionLength = cell[TensorNames.Injection].Width;
        StateWidth = cell[TensorNames.State].Width;
        OutputLength = decoder[TensorNames.Logits].Width;
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <summary>Dx, numbers in one injection x.</summary>
    public int InjectionLength { get; }

    /// <inheritdoc/>
    public int StateWidth { get; }

    /// <inheritdoc/>
    public int OutputLength { get; }

    /// <summary>Whether lanes have a <see cref="OnnxLane.VectorJacobian"/>.</summary>
    public bool HasVectorJacobian => CellVectorJacobian is not null;

    internal OnnxGraph Encoder { get; }

    internal OnnxGraph Cell { get; }

    internal OnnxGraph Decoder { get; }

    internal OnnxGraph? CellVectorJacobian { get; }

    /// <summary>Makes one thread's own lane through the model, in host memory: what tools use that look at states.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxLane OpenLane(int capacity) => new(this, capacity);

    /// <summary>Makes one thread's own lane through the model, in the memory of its device. On a processor that is the slower of the two.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxDeviceLane OpenDeviceLane(int capacity) => new(this, _device.Value, capacity);

    /// <summary>Makes the lane that suits the device.</summary>
    IModelLane IEquilibriumModel.OpenLane(int capacity) => _hasOwnMemory ? OpenDeviceLane(capacity) : OpenLane(capacity);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        Encoder.Dispose();
        Cell.Dispose();
        Decoder.Dispose();
        CellVectorJacobian?.Dispose();
    }
}
