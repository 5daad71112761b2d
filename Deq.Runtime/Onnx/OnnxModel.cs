using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling;

namespace Deq.Runtime.Onnx;

/// <summary>An equilibrium model whose encoder, cell and decoder are ONNX graphs. Shared by threads: each opens its own lane.</summary>
/// <remarks>The graphs belong to the bundle that opened them; dispose lanes before the bundle.</remarks>
public sealed class OnnxModel : IEquilibriumModel, IDisposable
{
    /// <summary>Joins graphs whose tensors agree with each other; the bundle has checked that.</summary>
    internal OnnxModel(OnnxGraph encoder, OnnxGraph cell, OnnxGraph decoder, OnnxGraph? vectorJacobian)
    {
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

    /// <summary>Makes one thread's own lane through the model, in host memory.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxLane OpenLane(int capacity) => new(this, capacity);

    /// <inheritdoc/>
    IModelLane IEquilibriumModel.OpenLane(int capacity) => OpenLane(capacity);

    /// <inheritdoc/>
    public void Dispose()
    {
        Encoder.Dispose();
        Cell.Dispose();
        Decoder.Dispose();
        CellVectorJacobian?.Dispose();
    }
}
