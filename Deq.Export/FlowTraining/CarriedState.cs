using static TorchSharp.torch;

namespace Deq.Export.FlowTraining;

/// <summary>A state moved to the next frame along its own flow: each cell goes to the cell that it moves nearest to.</summary>
public static class CarriedState
{
    /// <summary>Moves h and flow. Cells onto which nothing moves become 0, as cold; of several, the one that moves furthest stays (on a GPU, any of them).</summary>
    /// <param name="z"><c>[B, hidden + 2, H, W]</c>; the last two channels are the flow in cells.</param>
    public static Tensor Forward(Tensor z)
    {
        ArgumentNullException.ThrowIfNull(z);
        using IDisposable off = no_grad();
        using IDisposable scope = NewDisposeScope();
        (long batch, long channels, long height, long width) = (z.shape[0], z.shape[1], z.shape[2], z.shape[3]);
        Tensor flow = z.narrow(1, channels - 2, 2).reshape(batch, 2, height * width);
        Tensor order = flow.square().sum(1).argsort(1);
        Tensor cells = arange(height * width, ScalarType.Float32, z.device);
        Tensor column = (cells.remainder(width) + flow.select(1, 0)).round();
        Tensor row = ((cells / width).floor() + flow.select(1, 1)).round();
        Tensor isInside = (column >= 0) & (column < width) & (row >= 0) & (row < height);

        // What leaves the frame goes to one cell more, which is cut off.
        Tensor target = where(isInside, (row * width) + column, full_like(row, height * width)).to(ScalarType.Int64);
        Tensor carried = zeros(batch, channels, (height * width) + 1, dtype: z.dtype, device: z.device);
        Tensor ordered = z.reshape(batch, channels, height * width).gather(2, order.unsqueeze(1).expand(batch, channels, -1));
        Tensor places = target.gather(1, order).unsqueeze(1).expand(batch, channels, -1);
        carried.scatter_(2, places, ordered);
        return carried.narrow(2, 0, height * width).reshape(batch, channels, height, width).contiguous().MoveToOuterDisposeScope();
    }
}
