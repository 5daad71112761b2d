using System.Globalization;
using System.Text;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>What warm starts are worth, as Markdown.</summary>
public static class ClipTables
{
    private const string ToleranceHead = """
        | clips | carried | pairs | evaluations cold | warm | warm/cold | converged cold, warm | EPE cold | warm | loss | distance cold | warm |
        |---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|

        """;

    private const string StartHead = """
        | start | solves | alignment | worst | distance, px | worst | EPE from cold | from there |
        |---|--:|--:|--:|--:|--:|--:|--:|

        """;

    /// <summary>The whole page.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="command">How to measure it again.</param>
    public static string Page(ClipReport report, string command)
    {
        ArgumentNullException.ThrowIfNull(report);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Warm starts of {report.Model}

            Every pair of a clip is solved from cold and from the state in which the pair before ended, carried along in several ways. The first pair of a clip does not
            count, nor do pairs before what happens in the middle of some. EPE is the mean length of the error in pixels where the truth is known, distance that to where the
            cold solve settles after {report.SettlingEvaluations} evaluations.

            ```
            {command}
            ```

            ## To the tolerance, {report.Tolerance:G3} pixels, within {report.MaxEvaluations} evaluations

            {ToTolerance(report)}
            ## At fixed budgets

            {AtBudgets(report)}
            ## Where solves end

            {Starts(report.Starts)}
            """).ReplaceLineEndings("\n");
    }

    /// <summary>Medians of evaluations and means of errors at the tolerance.</summary>
    public static string ToTolerance(ClipReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder(ToleranceHead.ReplaceLineEndings("\n"));
        foreach ((ClipGroup group, ClipSummary line) in Lines(report))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Name} | {line.Rule} | {line.Pairs} | {line.ColdEvaluations:0.#} | {line.WarmEvaluations:0.#} ");
            text.Append(CultureInfo.InvariantCulture, $"| {line.EvaluationsRatio:0.00} | {100 * line.ColdConverged:0} %, {100 * line.WarmConverged:0} % ");
            text.Append(CultureInfo.InvariantCulture, $"| {Pixels(line.Errors.Cold)} | {Pixels(line.Errors.Warm)} | {Percent(line.Errors.Loss)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {line.Errors.ColdDistance:0.000} | {line.Errors.WarmDistance:0.000} |\n");
        }

        return text.ToString();
    }

    /// <summary>Errors at the small budgets; where no truth is known, distances.</summary>
    public static string AtBudgets(ClipReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        IReadOnlyList<int> budgets = ClipEvaluation.SmallBudgets;
        var text = new StringBuilder("| clips | carried | measure |");
        text.AppendJoin(' ', budgets.Select(budget => $" {budget}: cold | warm |")).Append("\n|---|---|---|").Insert(text.Length, "--:|--:|", budgets.Count).Append('\n');
        foreach ((ClipGroup group, ClipSummary line) in Lines(report))
        {
            bool isTrue = line.Errors.Cold is not null;
            text.Append(CultureInfo.InvariantCulture, $"| {group.Name} | {line.Rule} | {(isTrue ? "EPE" : "distance")} |");
            foreach (ClipErrors errors in line.Budgets)
            {
                text.Append(isTrue
                    ? $" {Pixels(errors.Cold)} | {Pixels(errors.Warm)} |"
                    : $" {Pixels(errors.ColdDistance)} | {Pixels(errors.WarmDistance)} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Alignment and agreement of ends.</summary>
    public static string Starts(StartReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder(StartHead.ReplaceLineEndings("\n"));
        foreach (StartSummary start in report.Starts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {start.Start} | {start.Solves} | {start.Alignment:0.0000} | {start.WorstAlignment:0.0000} ");
            text.Append(CultureInfo.InvariantCulture, $"| {start.Distance:0.000} | {start.WorstDistance:0.000} | {Pixels(start.ColdError)} | {Pixels(start.Error)} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(ClipGroup Group, ClipSummary Line)> Lines(ClipReport report) =>
        report.Groups.SelectMany(group => group.Summaries.Select(line => (group, line)));

    private static string Pixels(double? pixels) => pixels?.ToString("0.000", CultureInfo.InvariantCulture) ?? "–";

    private static string Percent(double? share) => share is { } known ? (100 * known).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) + " %" : "–";
}
