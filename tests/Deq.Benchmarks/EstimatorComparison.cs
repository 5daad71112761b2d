using System.Runtime.InteropServices;
using Deq.Benchmarks.Estimators;
using Deq.Export.Tasks.Classification.Datasets;
using static TorchSharp.torch;

namespace Deq.Benchmarks;

/// <summary>The same model trained by every gradient estimator. Goes on where it was stopped; several processes may share its folder.</summary>
internal static class EstimatorComparison
{
    private const int Seeds = 3;
    private const int Solved = 300;

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--runs") is not { } report)
        {
            return 2;
        }

        if (report["--data"] is not { } data || report["--runs"] is not { } folder)
        {
            Console.Error.WriteLine("estimators --data <folder of Fashion-MNIST> --runs <folder for the runs> [--json file] [--markdown file]");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using IDisposable interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using IDisposable terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        var runs = new EstimatorRuns(folder, EstimatorRecipe.Recipe, Images(data), Solved);
        (EstimatorVariant Variant, int Seed)[] wanted = [.. from seed in Enumerable.Range(1, Seeds) from variant in EstimatorVariant.All select (variant, seed)];
        List<EstimatorResult> results = [];
        foreach ((EstimatorVariant variant, int seed) in wanted)
        {
            Console.WriteLine($"{variant.Name}, seed {seed}");
            results.AddRange(runs.Finish(variant, seed, stop.Token) is { } result ? [result] : []);
        }

        if (results.Count < wanted.Length)
        {
            Console.WriteLine("Stopped, or other processes train what is left; the same command goes on.");
            return 1;
        }

        report.Write(EstimatorPage.Of(results), results);
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>The first images of the data set's training part.</summary>
    private static ImageDataset Images(string data)
    {
        ImageDataset all = DatasetReader.Open("idx", data, DatasetPart.Train, EstimatorRecipe.Input, labels: null);
        int[] first = [.. Enumerable.Range(0, Math.Min(EstimatorRecipe.Images, all.Count))];
        return new ImageDataset(
            all.Channels, all.Height, all.Width, all.Labels, [.. first.Select(index => all.Image(index).ToArray())], [.. first.Select(all.Label)]);
    }
}
