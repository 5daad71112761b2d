using System.Text;
using Deq.Export.Evaluation;
using Deq.Runtime.Models;

namespace Deq.Export.Bundling;

/// <summary>The model card: what the model is for, how it was made, how good it is, and where it fails.</summary>
internal static class ModelCard
{
    private const string Tool = "dotnet run --project Deq.Export -c Release --";

    /// <summary>The card as Markdown.</summary>
    /// <param name="contents">The model.</param>
    /// <param name="page">What was measured; null when nothing was.</param>
    public static byte[] Write(BundleContents contents, EvaluationPage? page)
    {
        ModelManifest manifest = contents.Manifest;
        var text = new StringBuilder();
        text.Append($"# {manifest.Name} {manifest.Version}\n\n{manifest.Description}\n\n");
        text.AppendJoin('\n', contents.Card.Facts.Select(fact => $"- {fact}")).Append("\n\n");
        Training(text, contents);
        text.Append("## Quality\n\n");
        text.Append(page?.Card.Trim() ?? $"Not measured: export was run without data. `evaluate models/{manifest.Name} --data <dir>` measures it.").Append("\n\n");
        text.Append("## Limits\n\n").Append(contents.Card.Limits).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Training(StringBuilder text, BundleContents contents)
    {
        (ModelManifest manifest, CardText card) = (contents.Manifest, contents.Card);
        IReadOnlyDictionary<string, string> provenance = manifest.Provenance;
        string unit = provenance.ContainsKey("epochs") ? "epochs" : "steps";
        text.Append("## How it was made\n\n");
        text.Append($"{provenance["weights"]} weights, trained from seed {provenance["seed"]} in {provenance["trainingMinutes"]} minutes ");
        text.Append($"({provenance[unit]} {unit}, --device {provenance["device"]}) by {provenance["tool"]} with [`recipe.json`](recipe.json). ");
        text.Append(card.Training).Append(" The log is [`training.csv`](training.csv).\n\n");
        text.Append($"```\n{Tool} {card.TrainCommand} --device {provenance["device"]}\n");
        text.Append($"{Tool} export runs/{manifest.Name}{card.ExportOptions} --replace\n```\n\n");
        if (contents.Files.ContainsKey(BundleFileNames.TrainingCurves))
        {
            text.Append($"![{card.Curves}](training.png)\n\n");
        }
    }
}
