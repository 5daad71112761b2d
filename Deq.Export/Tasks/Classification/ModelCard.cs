using System.Text;
using Deq.Export.Bundling;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification;

/// <summary>The model card: what the model is for, how it was made, and how good it is.</summary>
internal static class ModelCard
{
    /// <summary>The card as Markdown.</summary>
    /// <param name="contents">The model.</param>
    /// <param name="summary">What was measured; null when nothing was.</param>
    public static byte[] Write(BundleContents contents, EvaluationSummary? summary)
    {
        ModelManifest manifest = contents.Manifest;
        var text = new StringBuilder();
        text.Append($"# {manifest.Name} {manifest.Version}\n\n{manifest.Description}\n\n");
        text.Append($"- **Task**: {manifest.Task}; labels: {string.Join(", ", manifest.Labels)}.\n");
        text.Append($"- **Input**: {manifest.Input.Channels}×{manifest.Input.Height}×{manifest.Input.Width}; other sizes are resized ({manifest.Input.Resize}).\n");
        text.Append($"- **Solve by default**: {manifest.Defaults.Solver}, relative residual {manifest.Defaults.Tolerance:G3}, ");
        text.Append($"at most {manifest.Defaults.MaxEvaluations} evaluations.\n\n");
        Training(text, contents);
        Quality(text, summary);
        text.Append("## Limits\n\n");
        text.Append("The model knows its labels only and always answers with one of them. Probabilities are not calibrated. ");
        text.Append("A small residual says that the fixed point was found, not that the answer is right or the fixed point unique.\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The numbers of the card, for the manifest.</summary>
    public static IReadOnlyDictionary<string, double> Quality(EvaluationSummary? summary) => summary is null
        ? new Dictionary<string, double>()
        : new Dictionary<string, double>
        {
            ["images"] = summary.Default.Images,
            ["accuracy"] = Rounded(summary.Default.Accuracy),
            ["accuracyAtHalfBudget"] = Rounded(summary.HalfBudget.Accuracy),
            ["meanEvaluations"] = Rounded(summary.Default.MeanEvaluations),
            ["convergedShare"] = Rounded(summary.Default.ConvergedShare),
        };

    private static double Rounded(double value) => Math.Round(value, 4);

    private static void Training(StringBuilder text, BundleContents contents)
    {
        IReadOnlyDictionary<string, string> provenance = contents.Manifest.Provenance;
        text.Append("## How it was made\n\n");
        text.Append($"{provenance["weights"]} weights, trained from seed {provenance["seed"]} in {provenance["trainingMinutes"]} minutes ");
        text.Append($"({provenance["epochs"]} epochs, --device {provenance["device"]}) by {provenance["tool"]} with [`recipe.json`](recipe.json); ");
        text.Append($"{contents.Recipe.Dataset.ValidationShare:P0} of each class was held out and chose the epoch. ");
        text.Append("The log is [`training.csv`](training.csv).\n\n");
        text.Append("```\ndotnet run --project Deq.Export -c Release -- train models/");
        text.Append($"{contents.Manifest.Name}/recipe.json --data <dir> --device {provenance["device"]}\n");
        text.Append($"dotnet run --project Deq.Export -c Release -- export runs/{contents.Manifest.Name} --data <dir>\n```\n\n");
        if (contents.Files.ContainsKey(BundleFileNames.TrainingCurves))
        {
            text.Append("![loss, accuracy, evaluations, residual and spectral radius by epoch](training.png)\n\n");
        }
    }

    private static void Quality(StringBuilder text, EvaluationSummary? summary)
    {
        text.Append("## Quality\n\n");
        if (summary is null)
        {
            text.Append("Not measured: export was run without images.\n\n");
            return;
        }

        text.Append($"Measured on {summary.Images}, through ONNX Runtime; ± is one standard error.\n\n");
        text.Append(EvaluationTable.Markdown([summary.Default, summary.HalfBudget]));
        text.Append("\n### Accuracy against evaluations\n\n![accuracy against budget for every solver](accuracy.png)\n\n");
        text.Append(EvaluationTable.Markdown(summary.Curve)).Append('\n');
    }
}
