using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Reasoning;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;
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
        var puzzles = new Option<double>("--puzzles") { Description = "Of a reasoner: the share of all test puzzles to measure on, 0 to 1. Default 0, none." };
        var control = new Option<DirectoryInfo?>("--control") { Description = "Of a reasoner: the run of its control, for the model card." };
        var command = new Command("export", "Writes a checkpoint as a bundle of ONNX graphs; --data measures its quality for the model card.")
        {
            checkpoint, output, data, threads, puzzles, control,
        };
        command.SetAction(result =>
        {
            DirectoryInfo run = result.GetRequiredValue(checkpoint);
            if (ReasoningBundleContents.IsIn(run.FullName))
            {
                ExportReasoner(
                    ReasoningBundleContents.Of(run.FullName, result.GetValue(control)?.FullName), result.GetValue(output), result.GetValue(puzzles));
                return;
            }

            Run(run, result.GetValue(output), result.GetValue(data) ?? [], result.GetValue(threads));
        });
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

    private static void ExportReasoner(ReasoningBundleContents contents, DirectoryInfo? output, double share)
    {
        ReasoningQuality? quality = share <= 0
            ? null
            : InDraft(contents.Manifest, contents.Files, bundle => ReasoningQuality.Measure(
                bundle, contents.Kind, share, seed: 1, report => AnsiConsole.Profile.Out.Writer.Write(ReasoningModelCard.Line(report))));
        var files = new Dictionary<string, byte[]>(contents.Files) { [BundleFileNames.Card] = ReasoningModelCard.Write(contents, quality) };
        ModelManifest manifest = contents.Manifest;
        ReasoningContract reasoning = manifest.Reasoning!;
        string target = output?.FullName ?? Path.Combine("models", manifest.Name);
        Write(target, quality is null ? manifest : manifest with
        {
            Quality = quality.Figures(),
            Reasoning = reasoning with { Efforts = quality.Reached(reasoning.Efforts) },
        }, files);
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
