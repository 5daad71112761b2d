using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>Memory that a graph reads or writes under a name.</summary>
/// <param name="Name">The input or output of the graph.</param>
/// <param name="Value">The memory and its shape; the binding that receives it disposes it.</param>
/// <param name="IsOnHost">Whether it is the processor's own memory, which a GPU has to be sent before each run.</param>
internal readonly record struct BoundTensor(string Name, OrtValue Value, bool IsOnHost)
{
    /// <summary>A pinned array that outlives the binding.</summary>
    public static BoundTensor OnHost<T>(string name, Memory<T> buffer, params long[] shape)
        where T : unmanaged => new(name, OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, buffer, shape), IsOnHost: true);

    /// <summary>A part of a slot.</summary>
    public static BoundTensor OnDevice(string name, OrtValue view) => new(name, view, IsOnHost: false);
}
