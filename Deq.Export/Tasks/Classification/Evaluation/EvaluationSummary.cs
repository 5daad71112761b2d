using System.Text;
using Deq.Export.Bundling;
using Deq.Export.Evaluation;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Evaluation;

/// <summary>Everything measured about a bundle on one set of images.</summary>
internal sealed record EvaluationSummary
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What was measured on, in words.</summary>
    public required string Images { get; init; }

    /// <summary>At the default solver, tolerance and budget.</summary>
    public required EvaluationReport Default { get; init; }

    /// <summary>At half of that budget.</summary>
    public required EvaluationReport HalfBudget { get; init; }

    /// <summary>Every solver at rising budgets; empty when not asked for.</summary>
    public required IReadOnlyList<EvaluationReport> Curve { get; init; }

    /// <summary>The result in one sentence.</summary>
    public string Sentence =>
        $"{Model} on {Images}: accuracy {100 * Default.Accuracy:F2} %, {Default.MeanEvaluations:F2} evaluations in the mean "
        + $"(median {Default.MedianEvaluations:G3}, max {Default.LargestEvaluations}), {100 * Default.ConvergedShare:F2} % converged; "
        + $"{100 * HalfBudget.Accuracy:F2} % at half the budget.";

    /// <summary>Measures a bundle.</summary>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="evaluation">Bundle and images.</param>
    /// <param name="defaults">Solver, tolerance and budget.</param>
    /// <param name="images">What is measured on, in words.</param>
    /// <param name="withCurve">Whether to measure every solver at rising budgets too.</param>
    /// <param name="measured">Called after each measurement.</param>
    public static EvaluationSummary Measure(
        ModelManifest manifest,
        BundleEvaluation evaluation,
        SolveDefaults defaults,
        string images,
        bool withCurve,
        Action<EvaluationReport> measured)
    {
        return new EvaluationSummary
        {
            Model = manifest.Name,
            Images = images,
            Default = Point(defaults.MaxEvaluations),
            HalfBudget = Point(Math.Max(1, defaults.MaxEvaluations / 2)),
            Curve = withCurve ? AccuracyCurve.Measure(evaluation, defaults, measured) : [],
        };

        EvaluationReport Point(int budget)
        {
            EvaluationReport report = evaluation.Run(defaults.Method(defaults.Solver), defaults.Tolerance, budget);
            measured(report);
            return report;
        }
    }

    /// <summary>The tables as a document.</summary>
    /// <param name="bundle">The bundle's folder name, for the command.</param>
    public string Markdown(string bundle)
    {
        var text = new StringBuilder();
        text.Append($"# {Model}\n\nMeasured on {Images}, through ONNX Runtime on the processor.\n\n");
        text.Append($"```\ndotnet run --project Deq.Export -c Release -- evaluate models/{bundle} --data <dir>{(Curve.Count > 0 ? " --curve" : "")}\n```\n\n");
        text.Append("## Default budget, and half of it\n\n").Append(EvaluationTable.Markdown([Default, HalfBudget]));
        if (Curve.Count > 0)
        {
            text.Append("\n## Accuracy against evaluations\n\n").Append(EvaluationTable.Markdown(Curve));
        }

        return text.ToString();
    }

    /// <summary>Everything that commands and the card show of it.</summary>
    /// <param name="bundle">The bundle's folder name, for the command.</param>
    public EvaluationPage Page(string bundle) => new()
    {
        Sentence = Sentence,
        Markdown = Markdown(bundle),
        Numbers = this,
        Quality = Quality(),
        Card = Card(),
        Files = Curve.Count == 0
            ? new Dictionary<string, byte[]>()
            : new Dictionary<string, byte[]> { [BundleFileNames.AccuracyCurve] = AccuracyPlot.Png(Model, Curve) },
    };

    private Dictionary<string, double> Quality() => new()
    {
        ["images"] = Default.Images,
        ["accuracy"] = Rounded(Default.Accuracy),
        ["accuracyAtHalfBudget"] = Rounded(HalfBudget.Accuracy),
        ["meanEvaluations"] = Rounded(Default.MeanEvaluations),
        ["convergedShare"] = Rounded(Default.ConvergedShare),
    };

    private string Card()
    {
        string measured = $"Measured on {Images}, through ONNX Runtime; ± is one standard error.\n\n{EvaluationTable.Markdown([Default, HalfBudget])}";
        return Curve.Count == 0
            ? measured
            : $"{measured}\n### Accuracy against evaluations\n\n![accuracy against budget for every solver]({BundleFileNames.AccuracyCurve})\n\n{EvaluationTable.Markdown(Curve)}";
    }

    private static double Rounded(double value) => Math.Round(value, 4);
}
