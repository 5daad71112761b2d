using System.Diagnostics;
using System.Numerics.Tensors;

namespace Deq.Benchmarks.Bilevel;

/// <summary>Chooses λ of ℓ2-regularized logistic regression by gradient descent on the held-out loss: α with λ = exp(α)/n.</summary>
/// <remarks>
/// The inner problem is solved warm, to a tolerance that tightens with every outer step; d(held-out)/dα = −qᵀ·λ·w. The first move is 1
/// in α, a change of sign halves the step, and no move is longer than 2. Source: Pedregosa, "Hyperparameter optimization with approximate
/// gradient", ICML 2016 (HOAG).
/// </remarks>
internal static class RegularizationSearch
{
    private const int MostIterations = 1000;
    private const double LargestAlpha = 12;
    private const double LongestMove = 2;
    private const double FirstTolerance = 1e-4;

    /// <summary>Searches from α = 0.</summary>
    /// <param name="split">What to fit, choose by and report on.</param>
    /// <param name="way">How the gradient passes the inner minimum.</param>
    /// <param name="outerSteps">At least 1.</param>
    /// <param name="cancellation">Checked between outer steps.</param>
    /// <returns>One report per outer step.</returns>
    public static IReadOnlyList<OuterStep> Run(BilevelSplit split, HyperGradient way, int outerSteps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(way);
        var inner = new InnerProblem(split.Train, way.Memory);
        var outer = new LogisticLoss(split.HeldOut);
        LogisticLoss? test = split.Test.Labels.Length > 0 ? new LogisticLoss(split.Test) : null;
        double[] v = new double[outer.Width];
        double[] q = new double[outer.Width];
        List<OuterStep> steps = [];
        (double alpha, double tolerance, double step, double previous) = (0, FirstTolerance, 0, 0);
        TimeSpan spent = TimeSpan.Zero;
        for (int k = 0; k < outerSteps && !cancellation.IsCancellationRequested; k++, tolerance *= way.TightensBy)
        {
            double lambda = Math.Exp(alpha) / split.Train.Labels.Length;
            long start = Stopwatch.GetTimestamp();
            int iterations = inner.Solve(lambda, tolerance, MostIterations, way.IsOuterAware ? outer.Gradient : null);
            outer.Gradient(inner.Weights, v);
            long solved = Stopwatch.GetTimestamp();
            int products = way.Solve(inner, lambda, v, tolerance, q);
            double slope = -lambda * TensorPrimitives.Dot(q, inner.Weights);
            long end = Stopwatch.GetTimestamp();
            spent += Stopwatch.GetElapsedTime(start, end);
            steps.Add(new OuterStep
            {
                Lambda = lambda,
                Slope = slope,
                HeldOutLoss = outer.Value(inner.Weights),
                TestLoss = test?.Value(inner.Weights) ?? double.NaN,
                InnerIterations = iterations,
                HessianProducts = products,
                InnerSeconds = Stopwatch.GetElapsedTime(start, solved).TotalSeconds,
                HyperGradientSeconds = Stopwatch.GetElapsedTime(solved, end).TotalSeconds,
                Seconds = spent.TotalSeconds,
            });
            step = k == 0 ? 1 / Math.Max(Math.Abs(slope), 1e-300) : slope * previous < 0 ? step / 2 : step;
            alpha = Math.Clamp(alpha - Math.Clamp(step * slope, -LongestMove, LongestMove), -LargestAlpha, LargestAlpha);
            previous = slope;
        }

        return steps;
    }
}

/// <summary>One step of the search.</summary>
internal sealed record OuterStep
{
    /// <summary>λ.</summary>
    public required double Lambda { get; init; }

    /// <summary>d(held-out loss)/dα as estimated.</summary>
    public required double Slope { get; init; }

    /// <summary>Mean held-out loss at the inner minimum, in nats.</summary>
    public required double HeldOutLoss { get; init; }

    /// <summary>Mean loss on the test part, in nats; NaN without one.</summary>
    public required double TestLoss { get; init; }

    /// <summary>Iterations of L-BFGS.</summary>
    public required int InnerIterations { get; init; }

    /// <summary>Hessian–vector products of the hyper-gradient.</summary>
    public required int HessianProducts { get; init; }

    /// <summary>Seconds for the inner problem, extra pairs included.</summary>
    public required double InnerSeconds { get; init; }

    /// <summary>Seconds for the hyper-gradient, the inverse product alone.</summary>
    public required double HyperGradientSeconds { get; init; }

    /// <summary>Seconds since the search began, its reports left out.</summary>
    public required double Seconds { get; init; }
}
