using static TorchSharp.torch;

namespace Deq.Export.Graphs.Reparametrizations;

/// <summary>A weight as a direction v and a length g per output channel: w = g·v/‖v‖, with the norm over all axes but the first.</summary>
/// <remarks>Source: Salimans and Kingma, "Weight normalization", NeurIPS 2016.</remarks>
internal static class WeightNorm
{
    /// <summary>The v and g that give a weight: v is the weight itself and g its norms.</summary>
    /// <param name="w"><c>[K, …]</c>, rank at least 2, no output channel all zeros. Borrowed.</param>
    /// <returns>v like w and g <c>[K, 1, …]</c>: two new tensors without a gradient history.</returns>
    public static (Tensor V, Tensor G) Split(Tensor w)
    {
        using Tensor detached = w.detach();
        using Tensor g = Norm(detached);
        return (detached.clone(), g.alias());
    }

    /// <summary>The effective weight. Differentiable in both.</summary>
    /// <param name="v">Direction, <c>[K, …]</c>. Borrowed.</param>
    /// <param name="g">Length, <c>[K, 1, …]</c>. Borrowed.</param>
    public static Tensor Compose(Tensor v, Tensor g)
    {
        using Tensor norm = Norm(v);
        using Tensor factor = g / norm;
        return v * factor;
    }

    /// <summary>The effective weight as plain numbers, for export.</summary>
    /// <param name="v">Direction, <c>[K, …]</c>. Borrowed.</param>
    /// <param name="g">Length, <c>[K, 1, …]</c>. Borrowed.</param>
    /// <returns>Row-major.</returns>
    public static float[] Fold(Tensor v, Tensor g)
    {
        using IDisposable off = no_grad();
        using Tensor w = Compose(v, g);
        return PlainValues.Of(w);
    }

    private static Tensor Norm(Tensor v)
    {
        using Tensor squares = v * v;
        long[] axes = [.. Enumerable.Range(1, (int)v.dim() - 1).Select(axis => (long)axis)];
        using Tensor sum = squares.sum(axes, keepdim: true);
        return sum.sqrt();
    }
}
