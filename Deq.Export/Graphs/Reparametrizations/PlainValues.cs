using static TorchSharp.torch;

namespace Deq.Export.Graphs.Reparametrizations;

/// <summary>The numbers of a tensor without device, type or history: what a weight becomes when it is exported.</summary>
internal static class PlainValues
{
    /// <summary>Copies the numbers.</summary>
    /// <param name="tensor">Any device and floating-point type. Borrowed.</param>
    /// <returns>Row-major, rounded to single precision.</returns>
    public static float[] Of(Tensor tensor)
    {
        using Tensor detached = tensor.detach();
        using Tensor single = detached.to(ScalarType.Float32, CPU, copy: true);
        using Tensor packed = single.contiguous();
        return packed.data<float>().ToArray();
    }
}
