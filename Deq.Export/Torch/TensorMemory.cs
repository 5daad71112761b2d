using static TorchSharp.torch;

namespace Deq.Export.Torch;

/// <summary>Where the numbers of a tensor lie.</summary>
internal static class TensorMemory
{
    /// <summary>The same numbers in memory of Torch's own; the given tensor is disposed.</summary>
    /// <remarks>
    /// TorchSharp leaves numbers that come as an array where .NET put them. Torch's own memory begins at multiples of 64 bytes, arrays do not, and
    /// matrix products round differently by where their numbers begin: a training run would not give the same weights in every process. Nor may an
    /// array that is filled again lie under a tensor that is still in use.
    /// </remarks>
    /// <param name="given">As <c>tensor</c> made it of an array, on the processor.</param>
    /// <param name="type">The kind of number. Default as given.</param>
    /// <param name="device">Where they go. Default the processor.</param>
    public static Tensor InTorchsMemory(this Tensor given, ScalarType? type = null, Device? device = null)
    {
        using (given)
        {
            return given.to(type ?? given.dtype, device ?? given.device, copy: true);
        }
    }
}
