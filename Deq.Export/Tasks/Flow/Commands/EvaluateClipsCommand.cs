using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Export.CommandLine;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Tasks.Flow.Commands;

/// <summary><c>evaluate-clips &lt;bundle&gt; [--clips &lt;dir&gt;…]</c>: what warm starts are worth to a flow model, and whether it may have them.</summary>
internal static class EvaluateClipsCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n", NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static Command Make()
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var clips = new Option<DirectoryInfo[]>("--clips") { Description = "A folder of frames, or of such folders; may be given several times." };
        var data = new Option<DirectoryInfo[]>("--data") { Description = "Pairs with true flow, as evaluate takes them; clips with the same frames are measured against it." };
        var drawn = new Option<int>("--drawn") { Description = "Drawn clips of each kind, 0 or more.", DefaultValueFactory = _ => new MeasuredClips().Drawn };
        drawn.Require(count => count >= 0, "--drawn is at least 0.");
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the tables here." };
        var json = new Option<FileInfo?>("--json") { Description = "Write the numbers here." };
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("evaluate-clips", "Measures a flow model on clips, each pair from cold and from where a stream starts it.")
        {
            bundle, clips, data, drawn, markdown, json, threads,
        };
        command.SetAction(result =>
        {
            using ModelBundle opened = ModelBundle.Open(result.GetRequiredValue(bundle).FullName, new ExecutionOptions());
            var measured = new MeasuredClips
            {
                Folders = result.GetValue(clips) ?? [],
                Truths = result.GetValue(data) ?? [],
                Drawn = result.GetValue(drawn),
            };
            TextWriter writer = AnsiConsole.Profile.Out.Writer;
            ClipReport report = measured.Measure(opened, result.GetValue(threads), name => writer.WriteLine($"{name} is measured."));
            string folders = string.Concat(measured.Folders.Select(folder => $" --clips {folder.Name}").Concat(measured.Truths.Select(folder => $" --data {folder.Name}")));
            string page = ClipTables.Page(report, $"dotnet run --project Deq.Export -c Release -- evaluate-clips models/{result.GetRequiredValue(bundle).Name}{folders}");
            writer.WriteLine(page);
            OutputFile.Write(result.GetValue(markdown), page);
            OutputFile.Write(result.GetValue(json), JsonSerializer.Serialize(report, Json) + "\n");
        });
        return command;
    }
}
