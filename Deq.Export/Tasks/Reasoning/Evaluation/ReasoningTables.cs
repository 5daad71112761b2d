using System.Globalization;
using System.Text;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>What was measured of a reasoner as Markdown.</summary>
internal static class ReasoningTables
{
    /// <summary>A table of tests.</summary>
    public static string Table(IReadOnlyList<ReasoningReport> reports)
    {
        var text = new StringBuilder("| test | effort | puzzles | exact | settled | settled but wrong | evaluations: mean, median, most | starts |\n|---|---|---|---|---|---|---|---|\n");
        return text.AppendJoin("", reports.Select(Line)).ToString();
    }

    /// <summary>A line of that table.</summary>
    public static string Line(ReasoningReport report) => FormattableString.Invariant(
        $"| {report.Test} | {report.Effort} | {report.Count} | {Percent(report.Exact)} | {Percent(report.Settled)} | {Percent(report.SettledButWrong)} ")
        + FormattableString.Invariant($"| {report.MeanEvaluations:0.#}, {report.MedianEvaluations:0.#}, {report.MostEvaluations} | {report.MeanStarts:0.##} |\n");

    /// <summary>A table of starts.</summary>
    public static string Table(IReadOnlyList<StartReport> starts)
    {
        var text = new StringBuilder("| start | puzzles | alignment | same answer | same tokens | exact | evaluations |\n|---|---|---|---|---|---|---|\n");
        foreach (StartReport start in starts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {start.Start} | {start.Count} | {start.Alignment:0.0000} | {Percent(start.EqualAnswers)} | {Percent(start.EqualTokens)} | {Percent(start.Exact)} | {start.MeanEvaluations:0.#} |\n");
        }

        return text.ToString();
    }

    /// <summary>Everything that was measured.</summary>
    public static string Quality(ReasoningQuality quality)
    {
        string curve = double.IsFinite(quality.ResidualCurve)
            ? FormattableString.Invariant($"The residual tells right answers from wrong ones with an AUROC of {quality.ResidualCurve:0.000}, over all lines of both tables.")
            : "No answer was wrong, or none was right.";
        return $"""
            Measured through ONNX Runtime on the processor, every row leaving as it settles. Exact: every token of the answer is right.

            {Table(quality.Tests)}
            {curve}

            ### What effort buys

            {Table(quality.Efforts)}
            ### Where solves end

            Solves of the same puzzles from several starts against those from zero. {Searched}

            {Table(quality.Starts)}
            """.ReplaceLineEndings("\n");
    }

    /// <summary>What adversarial starts are, in a sentence.</summary>
    public static string Searched { get; } =
        $"An adversarial start is searched by {AdversarialStarts.Ascents} steps of gradient ascent, from another puzzle's end and at its length, for the largest "
        + $"distance after {AdversarialStarts.Evaluations} evaluations from where the solve from zero ended.";

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
