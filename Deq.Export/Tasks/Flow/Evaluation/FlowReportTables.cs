using System.Globalization;
using System.Text;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>A flow report as Markdown.</summary>
internal static class FlowReportTables
{
    private const string RestHead = """
        | pair | size | evaluations | residual, px | converged | EPE | best on the way | loss to it | EPE run on | drift |
        |---|---|--:|--:|---|--:|--:|--:|--:|--:|

        """;

    /// <summary>The whole page.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="command">How to measure it again.</param>
    public static string Page(FlowReport report, string command)
    {
        ArgumentNullException.ThrowIfNull(report);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # {report.Model}

            Through ONNX Runtime on the processor, by {report.Solver} to a residual of {report.Tolerance:G3} pixels. EPE is the mean length of the error in pixels; Fl is the
            share of pixels with an error of at least 3 pixels and 5 % of the true length.

            ```
            {command}
            ```

            {report.Sentence}

            ## Errors

            {Errors(report)}
            ## At rest

            {Rest(report)}
            """).ReplaceLineEndings("\n");
    }

    /// <summary>One pair as a line for the console.</summary>
    public static string Line(FlowPairReport pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        string baselines = string.Join(", ", pair.Baselines.Select(line => FormattableString.Invariant($"{line.Estimator} {line.All.EndpointError:0.000}")));
        string budgets = string.Join(", ", pair.Budgets.Select(
            answer => FormattableString.Invariant($"{answer.Errors.All.EndpointError:0.000} at {answer.Evaluations}{(answer.Converged ? "" : " (not converged)")}")));
        return FormattableString.Invariant($"{pair.Pair}: {baselines}; EPE {budgets}; run on {pair.RunOn.Errors.All.EndpointError:0.000}");
    }

    /// <summary>Every budget beside the baselines: a line per pair and estimator, then the means of each data set, then of all pairs.</summary>
    public static string Errors(FlowReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        FlowResult[] lines = [.. report.Pairs.SelectMany(Lines)];
        IEnumerable<FlowResult> means = report.Datasets.Count() == 1 ? [] : report.Datasets.SelectMany(dataset =>
            FlowComparison.Means([.. report.Pairs.Where(pair => pair.Dataset == dataset).SelectMany(Lines)])
                .Select(mean => mean with { Pair = $"**{dataset}**" }));
        return FlowComparison.Markdown(lines, [.. means, .. FlowComparison.Means(lines)]);
    }

    /// <summary>Whether answers have converged, and to the truth: convergence within the default budget, the best iterate, and the error after further evaluations.</summary>
    public static string Rest(FlowReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder(RestHead.ReplaceLineEndings("\n"));
        foreach (FlowPairReport pair in report.Pairs)
        {
            FlowBudgetResult answer = pair.Default;
            text.Append(CultureInfo.InvariantCulture, $"| {pair.Pair} | {pair.Width} x {pair.Height} | {answer.Evaluations} of {answer.Budget} ");
            text.Append(CultureInfo.InvariantCulture, $"| {answer.Residual:0.0000} | {(answer.Converged ? "yes" : "no")} | {answer.Errors.All.EndpointError:0.000} ");
            text.Append(CultureInfo.InvariantCulture, $"| {pair.BestError:0.000} at {pair.BestEvaluations} | {Percent(pair.LossToBest)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {pair.RunOn.Errors.All.EndpointError:0.000} at {pair.RunOn.Evaluations} | {Percent(pair.Drift)} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"| **mean** | | {report.MeanEvaluations:0.0} | | {100 * report.ConvergedShare:0} % | {report.EndpointError:0.000} ");
        double best = report.Pairs.Average(pair => pair.BestError);
        double runOn = report.Pairs.Average(pair => pair.RunOn.Errors.All.EndpointError);
        text.Append(CultureInfo.InvariantCulture, $"| {best:0.000} | {Percent((report.EndpointError / best) - 1)} ");
        return text.Append(CultureInfo.InvariantCulture, $"| {runOn:0.000} | {Percent((runOn / report.EndpointError) - 1)} |\n").ToString();
    }

    private static IEnumerable<FlowResult> Lines(FlowPairReport pair) => [.. pair.Baselines, .. pair.Budgets.Select(budget => budget.Errors)];

    private static string Percent(double share) => (100 * share).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) + " %";
}
