using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Specs.Tasks.Flow.Datasets;

/// <summary>What the second frame shows at the places to which a flow leads.</summary>
internal static class Warping
{
    /// <summary>The mean difference between the first frame and the second read at scale × truth, in grey levels, where known and visible.</summary>
    public static double Difference(FlowPair pair, float scale)
    {
        (double sum, int count) = (0, 0);
        FlowField flow = pair.Truth;
        for (int y = 0; y < flow.Height; y++)
        {
            for (int x = 0; x < flow.Width; x++)
            {
                int pixel = (y * flow.Width) + x;
                (double toX, double toY) = (x + (scale * flow.U[pixel]), y + (scale * flow.V[pixel]));
                bool inside = toX >= 0 && toY >= 0 && toX <= flow.Width - 1 && toY <= flow.Height - 1;
                if (flow.Known[pixel] && inside && pair.Occluded?[pixel] != true)
                {
                    sum += Math.Abs(pair.First.Pixels[(4 * pixel) + 1] - Read(pair.Second, toX, toY));
                    count++;
                }
            }
        }

        return sum / count;
    }

    private static double Read(DecodedImage image, double x, double y)
    {
        (int left, int top) = ((int)x, (int)y);
        (int right, int bottom) = (Math.Min(left + 1, image.Width - 1), Math.Min(top + 1, image.Height - 1));
        (double across, double down) = (x - left, y - top);
        return ((1 - down) * (((1 - across) * At(left, top)) + (across * At(right, top))))
            + (down * (((1 - across) * At(left, bottom)) + (across * At(right, bottom))));

        double At(int column, int row) => image.Pixels[(4 * ((row * image.Width) + column)) + 1];
    }
}
