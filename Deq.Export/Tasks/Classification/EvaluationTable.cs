using System.Text;

namespace Deq.Export.Tasks.Classification;

/// <summary>Evaluation reports as text.</summary>
public static class EvaluationTable
{
    /// <summary>One report as a line for the console.</summary>
    public static string Line(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return $"{report.Solver,-9} tolerance {report.Tolerance:G3}  budget {report.MaxEvaluations,3}  accuracy {report.Accuracy:P2}"
            + $"  evaluations mean {report.MeanEvaluations:F2}, median {report.MedianEvaluations:G3}, max {report.LargestEvaluations}"
            + $"  converged {report.ConvergedShare:P2}  {report.Seconds:F1} s";
    }

    /// <summary>One row per report.</summary>
    public static string Markdown(IEnumerable<EvaluationReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var text = new StringBuilder();
        text.Append("| solver | tolerance | budget | accuracy | mean evaluations | median | max | converged |\n");
        text.Append("|---|---|---|---|---|---|---|---|\n");
        foreach (EvaluationReport report in reports)
        {
            text.Append(
                $"| {report.Solver} | {report.Tolerance:G3} | {report.MaxEvaluations} | {100 * report.Accuracy:F2} % ± {100 * report.AccuracyError:F2} "
                + $"| {report.MeanEvaluations:F2} | {report.MedianEvaluations:G3} | {report.LargestEvaluations} | {100 * report.ConvergedShare:F2} % |\n");
        }

        return text.ToString();
    }
}
