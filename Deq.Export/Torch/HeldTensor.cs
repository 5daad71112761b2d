using static TorchSharp.torch;

namespace Deq.Export.Torch;

/// <summary>Fixed numbers as tensors, made once for every kind of number and device that asks: a copy to a device makes it wait.</summary>
/// <param name="values">Row by row.</param>
/// <param name="sizes">Of the tensor.</param>
internal sealed class HeldTensor(float[] values, long[] sizes)
{
    private Tensor[] _tensors = [];

    /// <summary>The tensor of an example's kind and device; borrowed. Safe to call from several threads.</summary>
    public Tensor Like(Tensor? example)
    {
        ScalarType type = example?.dtype ?? ScalarType.Float32;
        Device device = example?.device ?? CPU;
        foreach (Tensor held in Volatile.Read(ref _tensors))
        {
            if (held.dtype == type && held.device_type == device.type && held.device_index == device.index)
            {
                return held;
            }
        }

        Tensor made = tensor(values, sizes).InTorchsMemory(type, device).DetachFromDisposeScope();
        Volatile.Write(ref _tensors, [.. _tensors, made]);
        return made;
    }
}
