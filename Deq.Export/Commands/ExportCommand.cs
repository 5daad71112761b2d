using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.Evaluation;
using Deq.Export.Plots;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>export &lt;checkpoint&gt; [--output dir] [--data dir]</c>: writes a bundle, measured when it is given images.</summary>
internal static class ExportCommand
{
    public static Command Make()
    {
        var checkpoint = new Argument<DirectoryInfo>("checkpoint") { Description = "A run's directory, or a checkpoint in it." };
        var output = new Option<DirectoryInfo?>("--output") { Description = "The bundle. Default: models/<name>." };
        Option<DirectoryInfo?> data = SharedOptions.OptionalDataset();
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("export", "Writes a checkpoint as a bundle of ONNX graphs; --data measures its quality for the model card.")
        {
            checkpoint, output, data, threads,
        };
        command.SetAction(result => Run(
            result.GetRequiredValue(checkpoint), result.GetValue(output), result.GetValue(data), result.GetValue(threads)));
        return command;
    }

    private static void Run(DirectoryInfo checkpoint, DirectoryInfo? output, DirectoryInfo? data, int threads)
    {
        if (FlowBundleContents.IsIn(checkpoint.FullName))
        {
            ExportFlow(FlowBundleContents.Of(checkpoint.FullName), output, data);
            return;
        }

        BundleContents contents = BundleContents.Of(checkpoint.FullName);
        string target = output?.FullName ?? Path.Combine("models", contents.Recipe.Name);
        EvaluationSummary? summary = data is null ? null : Measure(contents, data, threads);
        var files = new Dictionary<string, byte[]>(contents.Files);
        if (summary is not null)
        {
            files[BundleFileNames.AccuracyCurve] = AccuracyPlot.Png(contents.Recipe.Name, summary.Curve);
        }

        files[BundleFileNames.Card] = ModelCard.Write(contents, summary);
        Write(target, contents.Manifest with { Quality = ModelCard.Quality(summary) }, files);
    }

    private static void ExportFlow(FlowBundleContents contents, DirectoryInfo? output, DirectoryInfo? data)
    {
        if (data is not null)
        {
            throw new CommandException("A flow estimator is measured by evaluate; leave out --data.");
        }

        var files = new Dictionary<string, byte[]>(contents.Files) { [BundleFileNames.Card] = FlowModelCard.Write(contents, quality: null) };
        Write(output?.FullName ?? Path.Combine("models", contents.Manifest.Name), contents.Manifest, files);
    }

    private static void Write(string target, ModelManifest manifest, Dictionary<string, byte[]> files)
    {
        ModelManifest written = BundleWriter.Write(target, manifest, files, replace: true);
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"Wrote {target}: {written.Files.Count + 1} files, {files.Values.Sum(file => file.Length) / 1024.0:F0} KiB.");
    }

    /// <summary>Writes the bundle aside, opens it as a server would, and measures that.</summary>
    private static EvaluationSummary Measure(BundleContents contents, DirectoryInfo data, int threads)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("deq-export-");
        try
        {
            string draft = Path.Combine(parent.FullName, contents.Recipe.Name);
            BundleWriter.Write(draft, contents.Manifest, contents.Files);
            using ModelBundle bundle = ModelBundle.Open(draft, new ExecutionOptions());
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
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
