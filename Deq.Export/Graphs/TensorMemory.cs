using static TorchSharp.torch;

namespace Deq.Export.Graphs;

/// <summary>Where the numbers of a tensor lie.</summary>
internal static class TensorMemory
{
    /// <summary>The same numbers in memory of Torch's own; the given tensor is disposed.</summary>
    /// <remarks>
    /// TorchSharp leaves numbers that come as an array where .NET put them. Torch's own memory begins at multiples of 64 bytes, arrays do not, and
    /// matrix products round differently by where their numbers begin: a training run would not give the same weights in every process.
    /// </remarks>
    public static Tensor InTorchsMemory(this Tensor given)
    {
        using (given)
        {
            return given.clone();
        }
    }
}
