using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>How far an estimate is from the truth over some pixels. The error of a pixel is the length of the difference, in pixels.</summary>
/// <param name="Pixels">How many were compared.</param>
/// <param name="EndpointError">Mean error (EPE), pixels; NaN when none were compared.</param>
/// <param name="Outliers">Share with an error of at least 3 pixels and 5 % of the true length (KITTI's Fl), in [0, 1].</param>
/// <param name="Above1">Share with an error above 1 pixel, in [0, 1].</param>
/// <param name="Above3">Share with an error above 3 pixels, in [0, 1].</param>
/// <param name="Above5">Share with an error above 5 pixels, in [0, 1].</param>
public sealed record FlowErrors(long Pixels, double EndpointError, double Outliers, double Above1, double Above3, double Above5)
{
    /// <summary>Compares where the truth is known and a mask allows.</summary>
    /// <param name="truth">The true flow.</param>
    /// <param name="estimate">Of the same size; where it is unknown it counts as 0.</param>
    /// <param name="where"><c>[Height, Width]</c>; null allows every pixel.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static FlowErrors Measure(FlowField truth, FlowField estimate, Func<int, bool>? where = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(estimate);
        if (truth.Width != estimate.Width || truth.Height != estimate.Height)
        {
            throw new ArgumentException(
                $"The estimate has {estimate.Width} x {estimate.Height} pixels; the truth has {truth.Width} x {truth.Height}.", nameof(estimate));
        }

        (long pixels, double sum, long outliers, long above1, long above3, long above5) = (0, 0, 0, 0, 0, 0);
        for (int pixel = 0; pixel < truth.U.Length; pixel++)
        {
            if (truth.Known[pixel] && where?.Invoke(pixel) != false)
            {
                double error = Length(estimate.U[pixel] - truth.U[pixel], estimate.V[pixel] - truth.V[pixel]);
                pixels++;
                sum += error;
                outliers += error >= 3 && error >= 0.05 * Length(truth.U[pixel], truth.V[pixel]) ? 1 : 0;
                above1 += error > 1 ? 1 : 0;
                above3 += error > 3 ? 1 : 0;
                above5 += error > 5 ? 1 : 0;
            }
        }

        double count = pixels;
        return new FlowErrors(pixels, sum / count, outliers / count, above1 / count, above3 / count, above5 / count);
    }

    /// <summary>The mean of each number over several measurements that compared anything; pairs weigh the same whatever their size.</summary>
    public static FlowErrors Mean(IEnumerable<FlowErrors> errors)
    {
        FlowErrors[] some = [.. errors.Where(error => error.Pixels > 0)];
        return new FlowErrors(some.Sum(e => e.Pixels), Of(e => e.EndpointError), Of(e => e.Outliers), Of(e => e.Above1), Of(e => e.Above3), Of(e => e.Above5));

        double Of(Func<FlowErrors, double> number) => some.Length == 0 ? double.NaN : some.Average(number);
    }

    private static double Length(double u, double v) => Math.Sqrt((u * u) + (v * v));
}
