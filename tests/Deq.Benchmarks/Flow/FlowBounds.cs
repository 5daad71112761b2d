using System.Globalization;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;

namespace Deq.Benchmarks.Flow;

/// <summary>What a shipped flow model is held to, against what was measured.</summary>
internal static class FlowBounds
{
    private const double ToleratedOfMean = 0.01;
    private const double ToleratedOfWorst = 0.05;
    private const double ToleratedOfClips = 0.02;
    private static readonly string[] Middlebury = ["RubberWhale", "Grove2", "Urban2", "Venus"];
    private static readonly (string Pair, double Bound)[] Single = [("RubberWhale", 0.40), ("Grove2", 0.45), ("Venus", 0.90)];
    private static readonly string[] Disturbed = ["scene cut", "size change", "dropped frame", "jump of 20 pixels"];

    /// <summary>The bounds on single pairs of frames, over all that were measured.</summary>
    public static IEnumerable<Bound> OfPairs(FlowReport report)
    {
        IReadOnlyList<FlowPairReport> pairs = report.Pairs;
        int better = pairs.Count(pair => Error(pair) < pair.Baselines[0].All.EndpointError);
        yield return new("EPE against zero flow", "below on every pair", $"below on {better} of {pairs.Count}", better == pairs.Count);
        FlowPairReport[] middlebury = [.. pairs.Where(pair => Middlebury.Contains(pair.Pair))];
        if (middlebury.Length > 0)
        {
            (double own, double classical) = (middlebury.Average(Error), middlebury.Average(pair => pair.Baselines[1].All.EndpointError));
            yield return new("mean EPE on Middlebury", string.Create(CultureInfo.InvariantCulture, $"below Farnebäck's {classical:0.000}"), Pixels(own), own < classical);
        }

        foreach ((string name, double bound) in Single)
        {
            if (pairs.FirstOrDefault(pair => pair.Pair == name) is { } pair)
            {
                yield return new($"EPE on {name}", string.Create(CultureInfo.InvariantCulture, $"≤ {bound:0.00}"), Pixels(Error(pair)), Error(pair) <= bound);
            }
        }

        yield return Change("EPE at four times the default budget", pairs, pair => pair.Budgets[^1].Errors.All.EndpointError, Error);
        yield return Change("the same, run on past the tolerance", pairs, pair => pair.RunOn.Errors.All.EndpointError, Error);
        yield return new("converged within the default budget", "≥ 95 % of pairs", $"{100 * report.ConvergedShare:0} %", report.ConvergedShare >= 0.95);
        yield return Change("EPE at the end against the best on the way", pairs, Error, pair => pair.BestError);
    }

    /// <summary>The bounds on clips.</summary>
    public static IEnumerable<Bound> OfClips(ClipReport report)
    {
        foreach (ClipGroup group in report.Groups)
        {
            if (group.Summary is not { } line)
            {
                continue;
            }

            double ratio = (double)line.WarmEvaluations / line.ColdEvaluations;
            if (!Disturbed.Contains(group.Name))
            {
                yield return new($"{group.Name}: evaluations warm against cold", "≤ 0.5", string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00}"), ratio <= 0.5);
            }

            if (line.Errors.Loss is { } loss)
            {
                yield return new($"{group.Name}: EPE warm against cold", "within 2 %", Percent(loss), loss <= ToleratedOfClips);
            }
        }
    }

    /// <summary>The bound on memory.</summary>
    public static IEnumerable<Bound> OfCosts(IReadOnlyList<MemoryRow> memories)
    {
        if (memories.Count > 1)
        {
            double most = memories.Max(row => row.BytesPerPixel) / memories.Min(row => row.BytesPerPixel);
            yield return new("bytes per pixel, largest against smallest size measured", "linear: ≤ 1.25", string.Create(CultureInfo.InvariantCulture, $"{most:0.00}"), most <= 1.25);
        }
    }

    /// <summary>How far an error is from another, as a share of that: in the mean, and of the pair on which it is furthest.</summary>
    private static Bound Change(string measure, IReadOnlyList<FlowPairReport> pairs, Func<FlowPairReport, double> of, Func<FlowPairReport, double> against)
    {
        double mean = (pairs.Average(of) / pairs.Average(against)) - 1;
        double worst = pairs.Select(pair => (of(pair) / against(pair)) - 1).MaxBy(double.Abs);
        return new(
            measure, "mean within 1 %, worst pair within 5 %", $"{Percent(mean)} (worst pair {Percent(worst)})", Math.Abs(mean) <= ToleratedOfMean && Math.Abs(worst) <= ToleratedOfWorst);
    }

    private static double Error(FlowPairReport pair) => pair.Default.Errors.All.EndpointError;

    private static string Pixels(double pixels) => pixels.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) + " %";
}

/// <summary>One bound.</summary>
/// <param name="Measure">What is measured.</param>
/// <param name="MustBe">What it is held to.</param>
/// <param name="Is">What it is.</param>
/// <param name="Holds">Whether that is enough.</param>
internal sealed record Bound(string Measure, string MustBe, string Is, bool Holds);
