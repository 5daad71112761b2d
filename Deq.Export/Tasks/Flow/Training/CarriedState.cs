using Deq.Export.Torch;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>States moved to the next frame along their own flow, as <see cref="CarriedFlow"/> moves one.</summary>
internal static class CarriedState
{
    private const long None = -1;

    /// <summary>Moves h and flow: each cell is spread over the four around the place it moves to.</summary>
    /// <param name="z"><c>[B, hidden + 2, H, W]</c>; the last two channels are the flow in cells.</param>
    /// <param name="fill">What cells get onto which nothing moves.</param>
    public static Tensor Forward(Tensor z, CarryFill fill)
    {
        ArgumentNullException.ThrowIfNull(z);
        using IDisposable off = no_grad();
        using IDisposable scope = NewDisposeScope();
        (long batch, long channels, long height, long width) = (z.shape[0], z.shape[1], z.shape[2], z.shape[3]);
        (Tensor sums, Tensor cover) = Spread(z);
        Tensor isHole = cover.lt(HeldScalar.Of(CarriedFlow.LeastCover));
        Tensor carried = where(isHole.unsqueeze(1), zeros_like(sums), sums / cover.unsqueeze(1));
        carried = fill switch
        {
            CarryFill.Background => FillBackground(carried, isHole, height, width),
            CarryFill.Unmoved => where(isHole.unsqueeze(1), z.flatten(2), carried),
            _ => carried,
        };
        return carried.reshape(batch, channels, height, width).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>What is spread onto every cell, <c>[B, C, H·W]</c>, and how much of it is covered, <c>[B, H·W]</c>.</summary>
    private static (Tensor Sums, Tensor Cover) Spread(Tensor z)
    {
        (long batch, long channels, long height, long width) = (z.shape[0], z.shape[1], z.shape[2], z.shape[3]);
        Tensor flow = z.narrow(1, channels - 2, 2).reshape(batch, 2, height * width);
        Tensor cells = HeldArithmetic.CountTo(height * width, ScalarType.Float32, z.device);
        Tensor x = cells.remainder(HeldScalar.Of(width)).Plus(flow.select(1, 0));
        Tensor y = cells.Over(width).floor().Plus(flow.select(1, 1));
        (Tensor left, Tensor top) = (x.floor(), y.floor());

        // What leaves the frame goes to one cell more, which is cut off.
        Tensor sums = zeros(batch, channels, (height * width) + 1, dtype: z.dtype, device: z.device);
        Tensor cover = zeros(batch, (height * width) + 1, dtype: z.dtype, device: z.device);
        foreach ((int right, int down) in ((int, int)[])[(0, 0), (1, 0), (0, 1), (1, 1)])
        {
            (Tensor column, Tensor row) = (left.Plus(right), top.Plus(down));
            Tensor isInside = column.ge(HeldScalar.Of(0)) & column.lt(HeldScalar.Of(width)) & row.ge(HeldScalar.Of(0)) & row.lt(HeldScalar.Of(height));
            Tensor share = (x - column).abs().Times(-1).Plus(1) * (y - row).abs().Times(-1).Plus(1);
            share = where(isInside, share, zeros_like(share));
            Tensor target = where(isInside, row.Times(width).Plus(column), full_like(row, HeldScalar.Of(height * width))).to(ScalarType.Int64);
            cover.scatter_add_(1, target, share);
            sums.scatter_add_(2, target.unsqueeze(1).expand(batch, channels, -1), z.flatten(2) * share.unsqueeze(1));
        }

        return (sums.narrow(2, 0, height * width), cover.narrow(1, 0, height * width));
    }

    /// <summary>Every hole gets what is nearest along one of four ways, that of them which moves least.</summary>
    private static Tensor FillBackground(Tensor carried, Tensor isHole, long height, long width)
    {
        (long batch, long channels) = (carried.shape[0], carried.shape[1]);
        Tensor squares = carried.narrow(1, channels - 2, 2).Squared().sum(1);
        Tensor own = HeldArithmetic.CountTo(height * width, ScalarType.Int64, carried.device).expand(batch, -1);
        Tensor sources = where(isHole, full_like(own, HeldScalar.Of(None)), own).reshape(batch, height, width);
        Tensor best = full_like(sources, HeldScalar.Of(None));
        Tensor least = full_like(sources, HeldScalar.Of(double.PositiveInfinity), dtype: squares.dtype);
        foreach ((int along, bool isBackward) in ((int, bool)[])[(2, false), (2, true), (1, false), (1, true)])
        {
            Tensor found = Nearest(sources, along, isBackward);
            Tensor square = squares.gather(1, found.clamp_min(HeldScalar.Of(0)).flatten(1)).reshape(found.shape);
            Tensor isBetter = found.ge(HeldScalar.Of(0)) & (square < least);
            best = where(isBetter, found, best);
            least = where(isBetter, square, least);
        }

        Tensor places = where(sources.lt(HeldScalar.Of(0)), best, sources).clamp_min(HeldScalar.Of(0)).flatten(1);
        Tensor filled = carried.gather(2, places.unsqueeze(1).expand(batch, channels, -1));
        return where(best.lt(HeldScalar.Of(0)).flatten(1).logical_and(isHole).unsqueeze(1), zeros_like(filled), filled);
    }

    /// <summary>The last cell before each on the way along an axis that is no hole.</summary>
    private static Tensor Nearest(Tensor sources, int along, bool isBackward)
    {
        Tensor way = isBackward ? sources.flip(along) : sources;
        long[] ones = [1, 1, 1];
        ones[along] = way.shape[along];
        Tensor steps = HeldArithmetic.CountTo(way.shape[along], ScalarType.Int64, way.device).reshape(ones).expand(way.shape);
        (Tensor last, _) = where(way.lt(HeldScalar.Of(0)), full_like(way, HeldScalar.Of(None)), steps).cummax(along);
        Tensor found = where(last.lt(HeldScalar.Of(0)), last, way.gather(along, last.clamp_min(HeldScalar.Of(0))));
        return isBackward ? found.flip(along) : found;
    }
}
