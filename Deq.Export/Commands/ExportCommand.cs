using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>export &lt;checkpoint&gt; [--output dir] [--data dir]</c>: writes a bundle, measured when it is given images, or pairs of frames.</summary>
internal static class ExportCommand
{
    public static Command Make()
    {
        var checkpoint = new Argument<DirectoryInfo>("checkpoint") { Description = "A run's directory, or a checkpoint in it." };
        var output = new Option<DirectoryInfo?>("--output") { Description = "The bundle. Default: models/<name>." };
        var data = new Option<DirectoryInfo[]>("--data") { Description = "As evaluate takes it: what the quality on the model card is measured on." };
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("export", "Writes a checkpoint as a bundle of ONNX graphs; --data measures its quality for the model card.")
        {
            checkpoint, output, data, threads,
        };
        command.SetAction(result => Run(
            result.GetRequiredValue(checkpoint), result.GetValue(output), result.GetValue(data) ?? [], result.GetValue(threads)));
        return command;
    }

    private static void Run(DirectoryInfo checkpoint, DirectoryInfo? output, DirectoryInfo[] data, int threads)
    {
        if (FlowBundleContents.IsIn(checkpoint.FullName))
        {
            ExportFlow(FlowBundleContents.Of(checkpoint.FullName), output, data, threads);
            return;
        }

        BundleContents contents = BundleContents.Of(checkpoint.FullName);
        string target = output?.FullName ?? Path.Combine("models", contents.Recipe.Name);
        EvaluationSummary? summary = data.Length == 0
            ? null
            : InDraft(contents.Manifest, contents.Files, bundle => Measure(bundle, EvaluateCommand.Only(data), threads));
        var files = new Dictionary<string, byte[]>(contents.Files);
        if (summary is not null)
        {
            files[BundleFileNames.AccuracyCurve] = AccuracyPlot.Png(contents.Recipe.Name, summary.Curve);
        }

        files[BundleFileNames.Card] = ModelCard.Write(contents, summary);
        Write(target, contents.Manifest with { Quality = ModelCard.Quality(summary) }, files);
    }

    private static void ExportFlow(FlowBundleContents contents, DirectoryInfo? output, DirectoryInfo[] data, int threads)
    {
        FlowQuality? quality = data.Length == 0
            ? null
            : InDraft(contents.Manifest, contents.Files, bundle => FlowQuality.Measure(
                bundle, data, threads, pair => AnsiConsole.Profile.Out.Writer.WriteLine(FlowReportTables.Line(pair))));
        var files = new Dictionary<string, byte[]>(contents.Files) { [BundleFileNames.Card] = FlowModelCard.Write(contents, quality?.Markdown()) };
        string target = output?.FullName ?? Path.Combine("models", contents.Manifest.Name);
        Write(target, contents.Manifest with { Quality = quality?.Figures() ?? contents.Manifest.Quality }, files);
    }

    private static void Write(string target, ModelManifest manifest, Dictionary<string, byte[]> files)
    {
        ModelManifest written = BundleWriter.Write(target, manifest, files, replace: true);
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"Wrote {target}: {written.Files.Count + 1} files, {files.Values.Sum(file => file.Length) / 1024.0:F0} KiB.");
    }

    private static EvaluationSummary Measure(ModelBundle bundle, DirectoryInfo data, int threads)
    {
        LabelledImages images = LabelledImages.Open(bundle, data, part: null);
        var evaluation = new BundleEvaluation(bundle, images.Dataset, images.Indices, threads);
        return EvaluationSummary.Measure(
            bundle.Manifest,
            evaluation,
            bundle.Manifest.Defaults,
            images.Description,
            withCurve: true,
            report => AnsiConsole.Profile.Out.Writer.WriteLine(EvaluationTable.Line(report)));
    }

    /// <summary>Writes the bundle aside, opens it as a server would, and measures that.</summary>
    private static T InDraft<T>(ModelManifest manifest, IReadOnlyDictionary<string, byte[]> files, Func<ModelBundle, T> measure)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("deq-export-");
        try
        {
            string draft = Path.Combine(parent.FullName, manifest.Name);
            BundleWriter.Write(draft, manifest, files);
            using ModelBundle bundle = ModelBundle.Open(draft, new ExecutionOptions());
            return measure(bundle);
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
