using System.Text;
using Deq.Export.Bundling;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow;

/// <summary>The model card of a flow estimator: what it is for, how it was made, and how good it is.</summary>
internal static class FlowModelCard
{
    /// <summary>The card as Markdown.</summary>
    /// <param name="contents">The model.</param>
    /// <param name="quality">What was measured, as Markdown below the heading; null when nothing was.</param>
    public static byte[] Write(FlowBundleContents contents, string? quality)
    {
        ModelManifest manifest = contents.Manifest;
        FrameSizes sizes = manifest.Input.Sizes!;
        var text = new StringBuilder();
        text.Append($"# {manifest.Name} {manifest.Version}\n\n{manifest.Description}\n\n");
        text.Append($"- **Task**: {manifest.Task}: for every pixel of a frame, how far what it shows moves until the next frame.\n");
        text.Append($"- **Input**: two RGB frames of one size, each side at least {sizes.LeastSide} pixels; padded to multiples of {sizes.Multiple}, ");
        text.Append($"at most {sizes.MostPixels} pixels.\n");
        text.Append($"- **Solve by default**: {manifest.Defaults.Solver}, residual {manifest.Defaults.Tolerance:G3} pixels, ");
        text.Append($"at most {manifest.Defaults.MaxEvaluations} evaluations. ");
        text.Append("The residual is the larger of what the last evaluation changes of the flow, in pixels on average, and ");
        text.Append($"{manifest.State!.PixelsPerChange:G3} pixels times the relative change of h.\n\n");
        Training(text, contents);
        text.Append("## Quality\n\n");
        text.Append(quality is null ? $"Not measured yet. `evaluate models/{manifest.Name} --data <dir>` measures it.\n" : quality.TrimEnd() + "\n");
        text.Append("\n## Limits\n\n");
        text.Append("Trained on drawn motion alone: large occlusions, transparency, repeated texture, and motion beyond what was drawn are where it fails. ");
        text.Append("It marks nothing as occluded and gives no confidence. ");
        text.Append("A small residual says that the fixed point was found, not that the flow is right or the fixed point unique.\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Training(StringBuilder text, FlowBundleContents contents)
    {
        ModelManifest manifest = contents.Manifest;
        IReadOnlyDictionary<string, string> provenance = manifest.Provenance;
        text.Append("## How it was made\n\n");
        text.Append($"{provenance["weights"]} weights, trained from seed {provenance["seed"]} in {provenance["trainingMinutes"]} minutes ");
        text.Append($"({provenance["steps"]} steps, --device {provenance["device"]}) on {provenance["data"]} by {provenance["tool"]} with [`recipe.json`](recipe.json). ");
        text.Append("The log is [`training.csv`](training.csv).\n\n");
        text.Append($"```\ndotnet run --project Deq.Export -c Release -- train-flow models/{manifest.Name}/recipe.json --device {provenance["device"]}\n");
        text.Append($"dotnet run --project Deq.Export -c Release -- export runs/{manifest.Name}\n```\n\n");
        if (contents.Files.ContainsKey(BundleFileNames.TrainingCurves))
        {
            text.Append("![loss, endpoint errors and last change by step](training.png)\n\n");
        }
    }
}
