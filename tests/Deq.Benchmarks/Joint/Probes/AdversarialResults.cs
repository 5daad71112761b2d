using System.Globalization;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Joint.Probes;

/// <summary>What training on changed images gains: how much of held-out images must change for another label, of a model trained with them and of one trained without.</summary>
internal static class AdversarialResults
{
    private const int Budget = 100;

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--images", "--bundles") is not { } report)
        {
            return 2;
        }

        if (report["--data"] is not { } data || report["--bundles"]?.Split(',') is not { Length: > 0 } bundles)
        {
            Console.Error.WriteLine("adversarial needs --data <folder of Fashion-MNIST> and --bundles <bundle>,<bundle>: classifiers with the graphs of joint inference.");
            return 2;
        }

        int count = int.Parse(report["--images"] ?? "200", CultureInfo.InvariantCulture);
        Trained[] rows = [.. bundles.Select(directory => Measured(directory, data, count))];
        report.Write(Page(rows, count), rows);
        return 0;
    }

    private static Trained Measured(string directory, string data, int count)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());
        ProbeResults.Row found = ProbeResults.Probed(bundle, ProbeResults.Images(bundle, data, count), [Budget]).GetAwaiter().GetResult()[0];
        double minutes = double.Parse(bundle.Manifest.Provenance["trainingMinutes"], CultureInfo.InvariantCulture);
        return new Trained(bundle.Manifest.Name, bundle.Manifest.Quality["accuracy"], found.Found, found.MedianChange, found.Cost, minutes);
    }

    private static string Page(Trained[] rows, int images)
    {
        IEnumerable<string> lines = rows.Select(row => string.Create(
            CultureInfo.InvariantCulture, $"| {row.Model} | {row.Accuracy:P1} | {row.MedianChange:F3} | {row.Found:P0} | {row.Cost:F0} | {row.Minutes:F0} |"));
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Training on changed images

            Two small classifiers of one architecture, seed and data, 3 epochs of 30,000 images of Fashion-MNIST; the other 30,000 are held out. `fashion-adversarial` has the recipe's section `adversarial`: from the second epoch on
            half of each mini-batch is changed by the search of the probe, 20 evaluations within an L2 norm of 1. The probe of a running server (maxEvaluations={Budget}) then says by how much the first {images} held-out
            images must change for another label, values from 0 to 1; the median counts images without a change as infinite. An image that is answered wrongly counts too: its answer is what is to change.
            Accuracy is that of all held-out images as they are. Minutes are of one thread of a shared machine.

            ```
            for name in plain adversarial; do
              dotnet run --project Deq.Export -c Release -- train tests/Deq.Benchmarks/Joint/Probes/$name.json --data <folder of Fashion-MNIST> --threads 1
              dotnet run --project Deq.Export -c Release -- export runs/fashion-$name --data <folder of Fashion-MNIST> --output runs/bundles/fashion-$name
              dotnet run --project Deq.Export -c Release -- add-joint runs/bundles/fashion-$name
            done
            dotnet run --project tests/Deq.Benchmarks -c Release -- adversarial --data <folder of Fashion-MNIST> --bundles runs/bundles/fashion-plain,runs/bundles/fashion-adversarial --markdown docs/results/adversarial.md --json docs/results/adversarial.json
            ```

            | model | accuracy | median L2 | changed | evaluations + products | minutes of training |
            |---|--:|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            """);
    }

    /// <summary>One model.</summary>
    private sealed record Trained(string Model, double Accuracy, double Found, double MedianChange, double Cost, double Minutes);
}
