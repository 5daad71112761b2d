using System.Globalization;
using System.Text;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>What warm starts are worth, as Markdown.</summary>
internal static class ClipTables
{
    private const string ToleranceHead = """
        | clips | pairs | evaluations cold | warm | warm/cold | converged cold, warm | EPE cold | warm | loss | distance cold | warm |
        |---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|

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

            Every pair of a clip is solved from cold and from where a served stream starts it, warm or cold; evaluations are sums. The first pair of a clip does not
            count, nor do pairs before what happens in the middle of some. EPE is the mean length of the error in pixels where the truth is known, distance that to where the
            cold solve settles after {report.SettlingEvaluations} evaluations.

            ```
            {command}
            ```

            ## To the tolerance, {report.Tolerance:G3} pixels, within {report.MaxEvaluations} evaluations

            {ToTolerance(report)}
            ## Where solves end

            {Starts(report.Starts)}
            """).ReplaceLineEndings("\n");
    }

    /// <summary>Sums of evaluations and means of errors at the tolerance.</summary>
    public static string ToTolerance(ClipReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder(ToleranceHead.ReplaceLineEndings("\n"));
        foreach (ClipGroup group in report.Groups)
        {
            if (group.Summary is { } line)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {group.Name} | {line.Pairs} | {line.ColdEvaluations} | {line.WarmEvaluations} ");
                text.Append(CultureInfo.InvariantCulture, $"| {(double)line.WarmEvaluations / line.ColdEvaluations:0.00} | {100 * line.ColdConverged:0} %, {100 * line.WarmConverged:0} % ");
                text.Append(CultureInfo.InvariantCulture, $"| {Pixels(line.Errors.Cold)} | {Pixels(line.Errors.Warm)} | {Percent(line.Errors.Loss)} ");
                text.Append(CultureInfo.InvariantCulture, $"| {line.Errors.ColdDistance:0.000} | {line.Errors.WarmDistance:0.000} |\n");
            }
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

    private static string Pixels(double? pixels) => pixels?.ToString("0.000", CultureInfo.InvariantCulture) ?? "–";

    private static string Percent(double? share) => share is { } known ? (100 * known).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) + " %" : "–";
}
