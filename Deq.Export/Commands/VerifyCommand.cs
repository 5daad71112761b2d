using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>verify &lt;bundle&gt; [--data dir] [--inputs n]</c>: Torch against ONNX Runtime.</summary>
internal static class VerifyCommand
{
    /// <summary>Single precision through a dozen evaluations of a deep cell stays within this.</summary>
    private const double Bound = 1e-4;

    private const int Seed = 1;

    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be verified.</param>
    public static Command Make(TrainedTasks tasks)
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var data = new Option<DirectoryInfo?>("--data") { Description = "Real inputs, for tasks that compare on them: a directory as train takes it." };
        var count = new Option<int>("--inputs") { Description = "Inputs of each kind, random and real. Default 20.", DefaultValueFactory = _ => 20 };
        var command = new Command("verify", "Compares Torch with ONNX Runtime on random and, with --data, real inputs.") { bundle, data, count };
        command.SetAction(result => Run(
            tasks, result.GetRequiredValue(bundle), new VerifiedSamples(result.GetValue(data), result.GetValue(count), Seed)));
        return command;
    }

    private static int Run(TrainedTasks tasks, DirectoryInfo directory, VerifiedSamples samples)
    {
        using ModelBundle bundle = ModelBundle.Open(directory.FullName, new ExecutionOptions());
        VerifiedModel model = tasks.Named(bundle.Manifest.Task).Verified(bundle, samples);
        using var verification = new BundleVerification(bundle, model);
        var table = new Table().Border(TableBorder.Markdown).AddColumns("inputs", "compared", "largest difference", "bound");
        double worst = 0;
        foreach (VerifiedInputs inputs in model.Inputs)
        {
            foreach (VerifiedPart part in verification.Run(inputs, Seed))
            {
                table.AddRow(inputs.Name, Markup.Escape(part.Part), $"{part.LargestDifference:E2}", $"{Bound:E0}");
                worst = double.IsNaN(part.LargestDifference) ? double.NaN : Math.Max(worst, part.LargestDifference);
            }
        }

        AnsiConsole.Write(table);
        bool holds = worst <= Bound;
        AnsiConsole.WriteLine($"Torch and ONNX Runtime {(holds ? "agree" : "differ")}: largest difference {worst:E2}, bound {Bound:E0}.");
        return holds ? 0 : 1;
    }
}
