using System.CommandLine;
using System.Text.Json;
using Deq.Export.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>evaluate &lt;bundle&gt; --data &lt;dir&gt;</c>: accuracy, evaluations, share converged, through ONNX Runtime.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Make()
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        Option<DirectoryInfo> data = SharedOptions.Dataset();
        var part = new Option<string?>("--part")
        {
            Description = "test, held-out or training. Default: test, or held-out where there is no test part.",
        };
        part.AcceptOnlyFromAmong(LabelledImages.Test, LabelledImages.HeldOut, LabelledImages.Training);
        var solver = new Option<string?>("--solver") { Description = "Default: the bundle's." };
        solver.AcceptOnlyFromAmong([.. FixedPointMethods.Names]);
        var tolerance = new Option<double?>("--tolerance") { Description = "Relative residual in (0, 1). Default: the bundle's." };
        var budget = new Option<int?>("--max-evaluations") { Description = "At least 1. Default: the bundle's, and half of it." };
        var curve = new Option<bool>("--curve") { Description = "Also every solver at rising budgets." };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the tables here." };
        var json = new Option<FileInfo?>("--json") { Description = "Write the numbers here." };
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("evaluate", "Measures a bundle on labelled images through ONNX Runtime.")
        {
            bundle, data, part, solver, tolerance, budget, curve, markdown, json, threads,
        };
        command.SetAction(result =>
        {
            using ModelBundle opened = ModelBundle.Open(result.GetRequiredValue(bundle).FullName, new ExecutionOptions());
            DirectoryInfo source = result.GetRequiredValue(data);
            LabelledImages images = LabelledImages.Open(opened, source, result.GetValue(part));
            SolveDefaults defaults = Defaults(opened, result.GetValue(solver), result.GetValue(tolerance), result.GetValue(budget));
            var evaluation = new BundleEvaluation(opened, images.Dataset, images.Indices, result.GetValue(threads));
            EvaluationSummary summary = EvaluationSummary.Measure(
                opened.Manifest, evaluation, defaults, images.Description, result.GetValue(curve), Print);
            AnsiConsole.Profile.Out.Writer.WriteLine(summary.Sentence);
            Write(result.GetValue(markdown), summary.Markdown(result.GetRequiredValue(bundle).Name));
            Write(result.GetValue(json), JsonSerializer.Serialize(summary, Json) + "\n");
        });
        return command;
    }

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

    private static void Write(FileInfo? file, string text)
    {
        if (file is not null)
        {
            file.Directory?.Create();
            File.WriteAllText(file.FullName, text);
        }
    }
}
