using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Crowds;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>vote --answers &lt;file&gt; [--gold file] [--json file] [--csv file] [--workers-csv file] [--plot file]</c>.</summary>
internal static class VoteCommand
{
    public static Command Make()
    {
        var answers = new Option<FileInfo>("--answers")
        {
            Required = true,
            Description = "CSV with the columns task (or item), worker and label, or peerannot's answers.json.",
        };
        var gold = new Option<FileInfo?>("--gold") { Description = "CSV with the columns task (or item) and truth: the known truth of some or all tasks." };
        var json = new Option<FileInfo?>("--json") { Description = "Write everything here as JSON." };
        var csv = new Option<FileInfo?>("--csv") { Description = "Write the tasks' labels here as CSV." };
        var workers = new Option<FileInfo?>("--workers-csv") { Description = "Write the trust in the workers here as CSV." };
        var plot = new Option<FileInfo?>("--plot") { Description = "Draw belief against truth here as PNG; needs --gold." };
        plot.Validators.Add(result =>
        {
            if (result.GetValue(gold) is null)
            {
                result.AddError("--plot needs --gold: belief is drawn against known truth.");
            }
        });
        var command = new Command("vote", "Decides tasks by the votes of a crowd: majority, weighted by trust, Dawid-Skene; and says how far to believe it.")
        {
            answers, gold, json, csv, workers, plot,
        };
        command.SetAction(result =>
        {
            FileInfo source = result.GetRequiredValue(answers);
            var crowd = Crowd.Of(
                VoteFiles.Answers(source.FullName),
                result.GetValue(gold) is { } truth ? VoteFiles.Gold(truth.FullName) : new Dictionary<string, string>());
            CrowdReport report = CrowdReport.Of(crowd);
            CrowdOutput.Print(report, AnsiConsole.Console);
            OutputFile.Write(result.GetValue(json), CrowdOutput.Json(report));
            OutputFile.Write(result.GetValue(csv), CrowdOutput.Csv(report.Items));
            OutputFile.Write(result.GetValue(workers), CrowdOutput.Csv(report.Workers));
            if (result.GetValue(plot) is { } picture)
            {
                picture.Directory?.Create();
                File.WriteAllBytes(picture.FullName, BeliefPlot.Png(Path.GetFileNameWithoutExtension(source.Name), report));
            }
        });
        return command;
    }
}
