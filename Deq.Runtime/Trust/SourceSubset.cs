namespace Deq.Runtime.Trust;

/// <summary>Sources chosen to vote.</summary>
/// <param name="Sources">Their indices, ascending.</param>
/// <param name="Believed">The accuracy believed of their vote.</param>
/// <param name="Cost">The sum of their costs.</param>
/// <param name="Reaches">Whether that accuracy is the one asked for; if not, these are the sources of the highest believed accuracy.</param>
public sealed record SourceSubset(IReadOnlyList<int> Sources, double Believed, double Cost, bool Reaches)
{
    /// <summary>The most sources whose subsets are all looked at; of more, a small one is sought source by source.</summary>
    public const int MostExhausted = 10;

    /// <summary>The cheapest sources whose vote is believed to reach an accuracy; the more accurate ones among equally cheap.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="costs">As many, each at least 0.</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="accuracy">In (0, 1).</param>
    /// <exception cref="ArgumentException">No sources, lengths that differ, or a negative cost.</exception>
    public static SourceSubset Cheapest(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double accuracy)
    {
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentNullException.ThrowIfNull(costs);
        if (trust.Count == 0 || trust.Count != costs.Count || costs.Any(cost => !(cost >= 0)))
        {
            throw new ArgumentException($"There are {trust.Count} sources and {costs.Count} costs; there is at least one, and each has a cost of at least 0.", nameof(costs));
        }

        return trust.Count <= MostExhausted
            ? Exhaustive(trust, costs, classes, accuracy)
            : Greedy(trust, costs, classes, accuracy);
    }

    /// <summary>The fewest sources whose vote is believed to reach an accuracy.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="accuracy">In (0, 1).</param>
    public static SourceSubset Smallest(IReadOnlyList<double> trust, int classes, double accuracy)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return Cheapest(trust, [.. trust.Select(_ => 1.0)], classes, accuracy);
    }

    private static SourceSubset Exhaustive(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double accuracy)
    {
        SourceSubset[] all =
        [
            .. Enumerable.Range(1, (1 << trust.Count) - 1)
                .Select(mask => Of([.. Enumerable.Range(0, trust.Count).Where(i => (mask >> i & 1) != 0)], trust, costs, classes, accuracy)),
        ];
        return all.Where(subset => subset.Reaches).OrderBy(subset => subset.Cost).ThenByDescending(subset => subset.Believed).FirstOrDefault()
            ?? all.OrderByDescending(subset => subset.Believed).ThenBy(subset => subset.Cost).First();
    }

    /// <summary>Adds sources by weight per cost until the accuracy is reached, then leaves out the dearest that it is reached without.</summary>
    private static SourceSubset Greedy(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double accuracy)
    {
        List<int> chosen = [];
        SourceSubset reached = Of([], trust, costs, classes, accuracy);
        foreach (int source in SequentialVote.Order(trust, costs, classes))
        {
            chosen.Add(source);
            reached = Of(chosen, trust, costs, classes, accuracy);
            if (reached.Reaches)
            {
                break;
            }
        }

        foreach (int source in chosen.OrderByDescending(source => costs[source]).ToArray())
        {
            int[] others = [.. reached.Sources.Where(other => other != source)];
            if (reached.Reaches && others.Length > 0 && Of(others, trust, costs, classes, accuracy) is { Reaches: true } smaller)
            {
                reached = smaller;
            }
        }

        return reached;
    }

    private static SourceSubset Of(IReadOnlyList<int> sources, IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double accuracy)
    {
        double believed = ClassAccuracy.Believed(sources.Select(source => trust[source]).ToArray(), classes).Value;
        return new([.. sources.Order()], believed, sources.Sum(source => costs[source]), believed >= accuracy);
    }
}
