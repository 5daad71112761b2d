using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>Random tensors from a generator of one's own, on any device.</summary>
/// <remarks>
/// TorchSharp's generators live on the processor, whatever device they are made for, so the numbers are drawn there and then moved: the
/// same seed gives the same numbers on every device.
/// </remarks>
internal static class Draws
{
    /// <summary>Independent standard normals.</summary>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="like">Gives precision and device.</param>
    /// <param name="random">On the processor.</param>
    public static Tensor Normal(ReadOnlySpan<long> shape, Tensor like, Generator random) =>
        Moved(randn(shape, dtype: like.dtype, device: CPU, generator: random), like);

    /// <summary>Independent numbers, uniform in [0, 1).</summary>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="like">Gives precision and device.</param>
    /// <param name="random">On the processor.</param>
    public static Tensor Uniform(ReadOnlySpan<long> shape, Tensor like, Generator random) =>
        Moved(rand(shape, dtype: like.dtype, device: CPU, generator: random), like);

    private static Tensor Moved(Tensor drawn, Tensor like)
    {
        if (like.device_type == TorchSharp.DeviceType.CPU)
        {
            return drawn;
        }

        using (drawn)
        {
            return drawn.to(like.device);
        }
    }
}
