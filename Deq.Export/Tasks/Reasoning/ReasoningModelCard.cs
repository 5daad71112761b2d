using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>The model card of a reasoner: what it is for, how it was made, how good it is, and what its control reaches.</summary>
internal static class ReasoningModelCard
{
    /// <summary>The card as Markdown.</summary>
    /// <param name="contents">The model.</param>
    /// <param name="quality">What was measured; null when nothing was.</param>
    public static byte[] Write(ReasoningBundleContents contents, ReasoningQuality? quality)
    {
        ModelManifest manifest = contents.Manifest;
        ReasoningContract reasoning = manifest.Reasoning!;
        var text = new StringBuilder();
        text.Append($"# {manifest.Name} {manifest.Version}\n\n{manifest.Description}\n\n");
        text.Append($"- **Task**: {manifest.Task}: tokens in, their answer out, in the same shape.\n");
        text.Append($"- **Tokens**: `{reasoning.Characters}` as {Layout(reasoning.Layout)}");
        text.Append(manifest.Input.Sizes is { } sizes ? $", of any size up to {sizes.MostPixels} places.\n" : $" of {manifest.Input.Height} x {manifest.Input.Width} places.\n");
        text.Append(CultureInfo.InvariantCulture, $"- **Solve by default**: {manifest.Defaults.Solver}, effort {EffortLevel.Default}. The residual is the relative change of the state in one evaluation.\n\n");
        Training(text, contents);
        text.Append("## Quality\n\n");
        text.Append(quality is null ? $"Not measured yet. `export runs/{manifest.Name} --puzzles 1` measures it.\n" : Quality(quality));
        Control(text, contents);
        text.Append("\n## Limits\n\n");
        text.Append(contents.Limits);
        text.Append(" A small residual says that the state has come to rest, not that the answer is right: where there is a checker, `valid` says that.\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

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

    private static string Quality(ReasoningQuality quality)
    {
        string curve = double.IsFinite(quality.ResidualCurve)
            ? FormattableString.Invariant($"The residual tells right answers from wrong ones with an AUROC of {quality.ResidualCurve:0.000}, over all lines of both tables.")
            : "No answer was wrong.";
        return $"""
            Measured through ONNX Runtime on the processor, every row leaving as it settles. Exact: every token of the answer is right.

            {Table(quality.Tests)}
            {curve}

            ### What effort buys

            {Table(quality.Efforts)}
            ### Where solves end

            Solves of the same puzzles from several starts against those from zero.

            {Table(quality.Starts)}
            """.ReplaceLineEndings("\n");
    }

    private static void Control(StringBuilder text, ReasoningBundleContents contents)
    {
        if (contents.Control is not { } control)
        {
            return;
        }

        text.Append("\n### Control\n\n");
        text.Append($"The same cell, trained on the same puzzles with one start, zero, and one depth, {control.Depth} evaluations ");
        text.Append($"([`{ReasoningBundleContents.ControlRecipe}`]({ReasoningBundleContents.ControlRecipe})); evaluated by TorchSharp.\n\n");
        text.Append("| size | puzzles | evaluations | exact | alignment |\n|---|---|---|---|---|\n");
        foreach (ControlLine line in control.Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {line.Size} | {line.Count} | {line.Evaluations} | {Percent(line.Exact)} | {line.Alignment:0.0000} |\n");
        }
    }

    private static void Training(StringBuilder text, ReasoningBundleContents contents)
    {
        ModelManifest manifest = contents.Manifest;
        IReadOnlyDictionary<string, string> provenance = manifest.Provenance;
        text.Append("## How it was made\n\n");
        text.Append($"{provenance["weights"]} weights, trained from seed {provenance["seed"]} in {provenance["trainingMinutes"]} minutes ");
        text.Append($"({provenance["steps"]} steps, --device {provenance["device"]}) on drawn puzzles by {provenance["tool"]} with [`recipe.json`](recipe.json). ");
        text.Append("The log is [`training.csv`](training.csv). No puzzle, checker or rating beyond that took part.\n\n");
        text.Append($"```\ndotnet run --project Deq.Export -c Release -- train-reasoning models/{manifest.Name}/recipe.json\n");
        text.Append($"dotnet run --project Deq.Export -c Release -- export runs/{manifest.Name} --puzzles 1\n```\n\n");
    }

    private static string Layout(string layout) => layout switch
    {
        "line" => "one line",
        "lines" => "lines",
        _ => "one line, row after row,",
    };

    private static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
