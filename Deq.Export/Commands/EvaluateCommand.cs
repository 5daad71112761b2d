using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Export.CommandLine;
using Deq.Export.Evaluation;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary>
/// <c>evaluate &lt;bundle&gt; --data &lt;dir&gt;</c>: quality, evaluations and share converged through ONNX Runtime, as the bundle's task measures them.
/// <c>--reference r.npz</c> measures errors beside the model's own program instead.
/// </summary>
internal sealed class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Option<DirectoryInfo[]> _data = new("--data")
    {
        Description = "A directory of data as the task takes them; may be given several times where the task measures several.",
    };

    private readonly Option<FileInfo?> _reference = new("--reference")
    {
        Description = "Instead of --data: arrays inputs and outputs that the model's own program gave (numpy.savez), the only truth of the task tensor.",
    };

    private readonly Option<double?> _tolerance = new("--tolerance") { Description = "Residual in (0, 1), in the model's unit. Default: the bundle's." };
    private readonly Option<int?> _budget = new("--max-evaluations") { Description = "At least 1. Default: the bundle's, and parts and multiples of it." };
    private readonly Option<FileInfo?> _markdown = new("--markdown") { Description = "Write the tables here." };
    private readonly Option<FileInfo?> _numbers = new("--json") { Description = "Write the numbers here." };

    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be evaluated.</param>
    public static Command Make(TrainedTasks tasks) => new EvaluateCommand().Build(tasks);

    private Command Build(TrainedTasks tasks)
    {
        _tolerance.Require(tolerance => tolerance is null or (> 0 and < 1), "--tolerance lies in (0, 1).");
        _budget.Require(budget => budget is null or >= 1, "--max-evaluations is at least 1.");
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var solver = new Option<string?>("--solver") { Description = "Default: the bundle's." };
        solver.AcceptOnlyFromAmong([.. FixedPointMethods.Names]);
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("evaluate", "Measures a bundle on data with known answers, through ONNX Runtime.")
        {
            bundle, _data, _reference, solver, _tolerance, _budget, _markdown, _numbers, threads,
        };
        foreach (Option option in tasks.All.SelectMany(task => task.EvaluationOptions))
        {
            command.Add(option);
        }

        command.SetAction(result =>
        {
            using ModelBundle opened = ModelBundle.Open(result.GetRequiredValue(bundle).FullName, new ExecutionOptions());
            EvaluationPage page = Measure(tasks, opened, result.GetValue(_reference), new EvaluationRequest
            {
                Data = result.GetValue(_data) ?? [],
                Defaults = Defaults(opened, result.GetValue(solver), result),
                Threads = result.GetValue(threads),
                Options = new TaskOptions(result),
                Report = AnsiConsole.Profile.Out.Writer.WriteLine,
                Clock = TimeProvider.System,
            });
            AnsiConsole.Profile.Out.Writer.WriteLine(page.Sentence);
            OutputFile.Write(result.GetValue(_markdown), page.Markdown);
            OutputFile.Write(result.GetValue(_numbers), JsonSerializer.Serialize(page.Numbers, Json) + "\n");
        });
        return command;
    }

    /// <exception cref="CommandException">What to measure on is missing, given twice or not known for the task.</exception>
    private static EvaluationPage Measure(TrainedTasks tasks, ModelBundle bundle, FileInfo? reference, EvaluationRequest request)
    {
        string task = bundle.Manifest.Task;
        bool isTrained = tasks.All.Any(known => known.Name == task);
        string mend = "give inputs and outputs that the model's own program wrote by --reference r.npz";
        return (reference, request.Data.Count) switch
        {
            ({ } file, 0) => ReferenceEvaluation.Measure(bundle, file, request),
            ({ }, _) => throw new CommandException("--data and --reference are two measurements; give one of them."),
            (null, 0) => throw new CommandException(isTrained ? $"--data is missing: a directory of data as the task {task} takes them; or {mend}." : $"A model of the task {task} has no data with known answers: {mend}."),
            _ => isTrained ? tasks.Named(task).Evaluate(bundle, request) : throw new CommandException($"--data is of no use to the task {task}, which says nothing of known answers: {mend}."),
        };
    }

    private SolveDefaults Defaults(ModelBundle bundle, string? solver, ParseResult result)
    {
        SolveDefaults own = bundle.Manifest.Defaults;

        // The options of a method are of that method alone, as for requests that ask a server for another.
        bool isOther = solver is not null && solver != own.Solver;
        return own with
        {
            Solver = solver ?? own.Solver,
            Memory = isOther ? null : own.Memory,
            Damping = isOther ? null : own.Damping,
            Ridge = isOther ? null : own.Ridge,
            Tolerance = result.GetValue(_tolerance) ?? own.Tolerance,
            MaxEvaluations = result.GetValue(_budget) ?? own.MaxEvaluations,
        };
    }
}
