using System.Globalization;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;

namespace Deq.Benchmarks.Flow;

/// <summary>What a shipped flow model is held to, against what was measured.</summary>
internal static class FlowBounds
{
    private const double Tolerated = 0.02;
    private static readonly string[] Middlebury = ["RubberWhale", "Grove2", "Urban2", "Venus"];
    private static readonly (string Pair, double Bound)[] Single = [("RubberWhale", 0.40), ("Grove2", 0.45), ("Venus", 0.90)];
    private static readonly string[] Disturbed = ["scene cut", "size change", "dropped frame", "jump of 20 pixels"];

    /// <summary>The pairs that the bounds speak of: Middlebury's, Sintel's alley_1, and FlyingChairs.</summary>
    public static bool IsAsked(FlowPairReport pair) => Middlebury.Contains(pair.Pair)
        || pair.Pair.StartsWith("alley_1", StringComparison.Ordinal)
        || pair.Dataset.Contains("chairs", StringComparison.OrdinalIgnoreCase);

    /// <summary>The bounds on single pairs of frames.</summary>
    public static IEnumerable<Bound> OfPairs(FlowReport whole)
    {
        FlowPairReport[] asked = [.. whole.Pairs.Where(IsAsked)];
        if (asked.Length == 0)
        {
            yield break;
        }

        FlowReport report = whole with { Pairs = asked };
        int better = asked.Count(pair => Error(pair) < pair.Baselines[0].All.EndpointError);
        yield return new("EPE against zero flow", "below on every pair", $"below on {better} of {asked.Length}", better == asked.Length);
        FlowPairReport[] middlebury = [.. asked.Where(pair => Middlebury.Contains(pair.Pair))];
        if (middlebury.Length > 0)
        {
            (double own, double classical) = (middlebury.Average(Error), middlebury.Average(pair => pair.Baselines[1].All.EndpointError));
            yield return new("mean EPE on Middlebury", string.Create(CultureInfo.InvariantCulture, $"below Farnebäck's {classical:0.000}"), Pixels(own), own < classical);
        }

        foreach ((string name, double bound) in Single)
        {
            if (asked.FirstOrDefault(pair => pair.Pair == name) is { } pair)
            {
                yield return new($"EPE on {name}", string.Create(CultureInfo.InvariantCulture, $"≤ {bound:0.00}"), Pixels(Error(pair)), Error(pair) <= bound);
            }
        }

        double change = (asked.Average(pair => pair.Budgets[^1].Errors.All.EndpointError) / report.EndpointError) - 1;
        yield return new("mean EPE at four times the default budget", "within 2 %", Percent(change), Math.Abs(change) <= Tolerated);
        double drift = (asked.Average(pair => pair.RunOn.Errors.All.EndpointError) / report.EndpointError) - 1;
        yield return new("the same, run on past the tolerance", "within 2 %", $"{Percent(drift)} (worst pair {Percent(asked.Max(pair => pair.Drift))})", Math.Abs(drift) <= Tolerated);
        yield return new("converged within the default budget", "≥ 95 % of pairs", $"{100 * report.ConvergedShare:0} %", report.ConvergedShare >= 0.95);
        double loss = (report.EndpointError / asked.Average(pair => pair.BestError)) - 1;
        yield return new("answer at the end against the best on the way", "no worse by 2 %", $"{Percent(loss)} (worst pair {Percent(asked.Max(pair => pair.LossToBest))})", loss <= Tolerated);
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
                yield return new($"{group.Name}: EPE warm against cold", "within 2 %", Percent(loss), loss <= Tolerated);
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
