using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>One estimator on one pair.</summary>
/// <param name="Pair">The pair's name.</param>
/// <param name="Estimator">The estimator's name.</param>
/// <param name="All">Over all pixels of known flow.</param>
/// <param name="Visible">Over those that the second frame shows; null where unknown.</param>
/// <param name="Occluded">Over the others; null likewise.</param>
internal sealed record FlowResult(string Pair, string Estimator, FlowErrors All, FlowErrors? Visible, FlowErrors? Occluded)
{
    /// <summary>Measures an estimate.</summary>
    public static FlowResult Of(FlowPair pair, string estimator, FlowField estimate)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new FlowResult(
            pair.Name,
            estimator,
            FlowErrors.Measure(pair.Truth, estimate),
            pair.Occluded is null ? null : FlowErrors.Measure(pair.Truth, estimate, pixel => !pair.Occluded[pixel]),
            pair.Occluded is null ? null : FlowErrors.Measure(pair.Truth, estimate, pixel => pair.Occluded[pixel]));
    }
}

/// <summary>Estimators side by side: one line per pair and estimator, then the mean over pairs of each estimator, as a Markdown table.</summary>
internal static class FlowComparison
{
    private const string Head = """
        | pair | estimator | EPE | visible | occluded | Fl | > 1 px | > 3 px | > 5 px |
        |---|---|---|---|---|---|---|---|---|

        """;

    /// <summary>Writes the table, the means last.</summary>
    /// <param name="results">In the order of their lines.</param>
    public static string Markdown(IReadOnlyList<FlowResult> results) => Markdown(results, [.. Means(results)]);

    /// <summary>Writes the table with other last lines.</summary>
    /// <param name="results">In the order of their lines.</param>
    /// <param name="means">The last lines.</param>
    public static string Markdown(IReadOnlyList<FlowResult> results, IReadOnlyList<FlowResult> means)
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (FlowResult result in results.Concat(means))
        {
            string[] cells =
            [
                result.Pair, result.Estimator, Pixels(result.All), Pixels(result.Visible), Pixels(result.Occluded),
                .. new[] { result.All.Outliers, result.All.Above1, result.All.Above3, result.All.Above5 }.Select(Percent),
            ];
            text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>The mean over pairs of each estimator, in the order of their first lines.</summary>
    public static IEnumerable<FlowResult> Means(IReadOnlyList<FlowResult> results) => results
        .GroupBy(result => result.Estimator)
        .Select(group => new FlowResult(
            "**mean**",
            group.Key,
            FlowErrors.Mean(group.Select(result => result.All)),
            FlowErrors.Mean(group.Select(result => result.Visible).OfType<FlowErrors>()),
            FlowErrors.Mean(group.Select(result => result.Occluded).OfType<FlowErrors>())));

    private static string Pixels(FlowErrors? errors) =>
        errors is null || double.IsNaN(errors.EndpointError) ? "–" : errors.EndpointError.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => double.IsNaN(share) ? "–" : (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
