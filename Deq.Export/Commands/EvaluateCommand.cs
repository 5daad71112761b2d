using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary>
/// <c>evaluate &lt;bundle&gt; --data &lt;dir&gt;</c>: accuracy or endpoint error, evaluations, share converged, through ONNX Runtime. The bundle's
/// task says what is measured.
/// </summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static Command Make()
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var data = new Option<DirectoryInfo[]>("--data")
        {
            Required = true,
            Description = "A directory of images as train takes it; of a flow model also several, of frame pairs: FlyingChairs, Sintel, KITTI, Middlebury.",
        };
        var part = new Option<string?>("--part")
        {
            Description = "test, held-out or training. Default: test, or held-out where there is no test part.",
        };
        part.AcceptOnlyFromAmong(LabelledImages.Test, LabelledImages.HeldOut, LabelledImages.Training);
        var solver = new Option<string?>("--solver") { Description = "Default: the bundle's." };
        solver.AcceptOnlyFromAmong([.. FixedPointMethods.Names]);
        var tolerance = new Option<double?>("--tolerance") { Description = "Residual in (0, 1), relative or of a flow model in pixels. Default: the bundle's." };
        var budget = new Option<int?>("--max-evaluations") { Description = "At least 1. Default: the bundle's, and parts and multiples of it." };
        var curve = new Option<bool>("--curve") { Description = "Also every solver at rising budgets." };
        var pairs = new Option<int?>("--pairs") { Description = "Of a flow model: the most pairs of each directory. Default: all." };
        var pictures = new Option<DirectoryInfo?>("--pictures") { Description = "Of a flow model: draw truth and estimates in Middlebury's colours here." };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the tables here." };
        var json = new Option<FileInfo?>("--json") { Description = "Write the numbers here." };
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("evaluate", "Measures a bundle on labelled images, or on frame pairs with true flow, through ONNX Runtime.")
        {
            bundle, data, part, solver, tolerance, budget, curve, pairs, pictures, markdown, json, threads,
        };
        command.SetAction(result =>
        {
            using ModelBundle opened = ModelBundle.Open(result.GetRequiredValue(bundle).FullName, new ExecutionOptions());
            DirectoryInfo[] sources = result.GetRequiredValue(data);
            int count = result.GetValue(threads);
            SolveDefaults defaults = Defaults(opened, result.GetValue(solver), result.GetValue(tolerance), result.GetValue(budget));
            (string sentence, string page, object numbers) = opened.Manifest.Task == ModelTasks.Flow
                ? Pairs(opened, new() { Directories = sources, Most = result.GetValue(pairs), Pictures = Pictures(result.GetValue(pictures)) }, defaults, count)
                : Images(opened, LabelledImages.Open(opened, Only(sources), result.GetValue(part)), defaults, result.GetValue(curve), count);
            AnsiConsole.Profile.Out.Writer.WriteLine(sentence);
            OutputFile.Write(result.GetValue(markdown), page);
            OutputFile.Write(result.GetValue(json), JsonSerializer.Serialize(numbers, Json) + "\n");
        });
        return command;
    }

    private static (string Sentence, string Page, object Numbers) Images(
        ModelBundle bundle, LabelledImages images, SolveDefaults defaults, bool curve, int threads)
    {
        var evaluation = new BundleEvaluation(bundle, images.Dataset, images.Indices, threads);
        EvaluationSummary summary = EvaluationSummary.Measure(bundle.Manifest, evaluation, defaults, images.Description, curve, Print);
        return (summary.Sentence, summary.Markdown(Path.GetFileName(bundle.Directory)), summary);
    }

    private static (string Sentence, string Page, object Numbers) Pairs(ModelBundle bundle, MeasuredPairs pairs, SolveDefaults defaults, int threads)
    {
        FlowReport report = pairs.Measure(bundle, defaults, threads, pair => AnsiConsole.Profile.Out.Writer.WriteLine(FlowReportTables.Line(pair)));
        string directories = string.Join(' ', pairs.Directories.Select(directory => $"--data {directory.Name}"));
        string command = $"dotnet run --project Deq.Export -c Release -- evaluate models/{Path.GetFileName(bundle.Directory)} {directories}";
        return (report.Sentence, FlowReportTables.Page(report, command), report);
    }

    private static FlowPictures? Pictures(DirectoryInfo? folder) => folder is null ? null : new FlowPictures(folder);

    /// <summary>The one directory that a classifier is measured on.</summary>
    /// <exception cref="CommandException">There are several.</exception>
    internal static DirectoryInfo Only(DirectoryInfo[] sources) => sources is [var one]
        ? one
        : throw new CommandException($"A classifier is measured on one directory of images; --data gives {sources.Length}.");

    private static SolveDefaults Defaults(ModelBundle bundle, string? solver, double? tolerance, int? budget)
    {
        SolveDefaults own = bundle.Manifest.Defaults;
        return own with
        {
            Solver = solver ?? own.Solver,
            Tolerance = tolerance ?? own.Tolerance,
            MaxEvaluations = budget ?? own.MaxEvaluations,
        };
    }

    private static void Print(EvaluationReport report) =>
        AnsiConsole.Profile.Out.Writer.WriteLine(EvaluationTable.Line(report));
}
