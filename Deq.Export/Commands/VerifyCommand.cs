using System.CommandLine;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Flow;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>verify &lt;bundle&gt; [--data dir] [--inputs n]</c>: Torch against ONNX Runtime.</summary>
internal static class VerifyCommand
{
    /// <summary>Single precision through a dozen evaluations of a deep cell stays within this.</summary>
    private const double Bound = 1e-4;

    private const int Seed = 1;

    public static Command Make()
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        Option<DirectoryInfo?> data = SharedOptions.OptionalDataset();
        var count = new Option<int>("--inputs") { Description = "Inputs of each kind, random and real. Default 20.", DefaultValueFactory = _ => 20 };
        var command = new Command("verify", "Compares Torch with ONNX Runtime on random and, with --data, real inputs.") { bundle, data, count };
        command.SetAction(result => Run(result.GetRequiredValue(bundle), result.GetValue(data), result.GetValue(count)));
        return command;
    }

    private static int Run(DirectoryInfo directory, DirectoryInfo? data, int count)
    {
        using ModelBundle bundle = ModelBundle.Open(directory.FullName, new ExecutionOptions());
        var table = new Table().Border(TableBorder.Markdown).AddColumns("inputs", "compared", "largest difference", "bound");
        double worst = bundle.Manifest.Task == ModelTasks.Flow ? Pairs(bundle, data, count, table) : Images(bundle, data, count, table);
        AnsiConsole.Write(table);
        bool holds = worst <= Bound;
        AnsiConsole.WriteLine(holds
            ? $"Torch and ONNX Runtime agree: largest difference {worst:E2}, bound {Bound:E0}."
            : $"Torch and ONNX Runtime differ: largest difference {worst:E2}, bound {Bound:E0}.");
        return holds ? 0 : 1;
    }

    private static double Images(ModelBundle bundle, DirectoryInfo? data, int count, Table table)
    {
        using var verification = new BundleVerification(bundle);
        double worst = Add(table, "random", verification.Run(Random(bundle, count), Seed));
        if (data is null)
        {
            return worst;
        }

        ImageDataset dataset = LabelledImages.Open(bundle, data, part: null).Dataset;
        return Worse(worst, Add(table, "real", verification.Run(Real(bundle, dataset, count), Seed)));
    }

    private static double Pairs(ModelBundle bundle, DirectoryInfo? data, int count, Table table)
    {
        if (data is not null)
        {
            throw new CommandException("A flow estimator is compared on frames of noise; leave out --data.");
        }

        using var verification = new FlowVerification(bundle);
        return verification.Shapes.Aggregate(0.0, (worst, shape) =>
            Worse(worst, Add(table, $"noise of {shape.Width} x {shape.Height}", verification.Run(shape, count, Seed))));
    }

    private static double Add(Table table, string inputs, IReadOnlyList<VerifiedPart> parts)
    {
        double worst = 0;
        foreach (VerifiedPart part in parts)
        {
            table.AddRow(inputs, Markup.Escape(part.Part), $"{part.LargestDifference:E2}", $"{Bound:E0}");
            worst = Worse(worst, part.LargestDifference);
        }

        return worst;
    }

    private static double Worse(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b);

    private static float[][] Random(ModelBundle bundle, int count)
    {
        var random = new Random(Seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, bundle.Model.InputLength).Select(_ => (4 * random.NextSingle()) - 2).ToArray())];
    }

    private static float[][] Real(ModelBundle bundle, ImageDataset dataset, int count)
    {
        var images = new ImageBatches(dataset, bundle.Manifest.Input);
        float[][] inputs = new float[Math.Min(count, dataset.Count)][];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = new float[images.ImageSize];
            images.Fill([(int)((long)i * dataset.Count / inputs.Length)], epoch: 0, inputs[i], new long[1]);
        }

        return inputs;
    }
}
