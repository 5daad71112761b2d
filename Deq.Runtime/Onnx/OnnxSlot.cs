using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Deq.Runtime.Onnx;

/// <summary>A matrix <c>[rows, width]</c> of single-precision numbers in a device's memory, allocated by ONNX Runtime.</summary>
internal sealed class OnnxSlot : IDisposable
{
    private readonly OrtMemoryInfo _memory;
    private readonly OrtValue _value;
    private readonly nint _address;

    /// <summary>Allocates a matrix; what it holds is undefined.</summary>
    public unsafe OnnxSlot(OrtAllocator allocator, OrtMemoryInfo memory, int rows, int width)
    {
        (_memory, Width) = (memory, width);
        _value = OrtValue.CreateAllocatedTensorValue(allocator, TensorElementType.Float, [rows, width]);

        // An address on the device: good for arithmetic, never followed here.
        _address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_value.GetTensorMutableRawData()));
    }

    /// <summary>Numbers per row.</summary>
    public int Width { get; }

    /// <summary>Some rows of the matrix as a tensor, without a copy.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="shape"><c>[rows, …]</c>; the other dimensions multiply to the width.</param>
    /// <returns>A view; the caller disposes it before the slot.</returns>
    public OrtValue View(int first, params long[] shape) => OrtValue.CreateTensorValueWithData(
        _memory,
        TensorElementType.Float,
        shape,
        _address + ((nint)first * Width * sizeof(float)),
        shape[0] * Width * sizeof(float));

    /// <inheritdoc/>
    public void Dispose() => _value.Dispose();
}
