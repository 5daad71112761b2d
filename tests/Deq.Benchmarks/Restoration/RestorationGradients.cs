using System.Globalization;
using System.Text;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Export.Training;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Benchmarks.Restoration;

/// <summary>One restorer trained by the implicit gradient and by phantom gradients, everything else equal.</summary>
internal static class RestorationGradients
{
    private static readonly (string Name, GradientRecipe? Gradient)[] s_variants =
    [
        ("implicit", null),
        ("phantom-neumann, k = 5, τ = 1", new GradientRecipe { Kind = "phantom-neumann", Steps = 5, Damping = 1 }),
        ("phantom-neumann, k = 5, τ = 0.5", new GradientRecipe { Kind = "phantom-neumann", Steps = 5, Damping = 0.5 }),
        ("phantom-unrolled, k = 5, τ = 0.5", new GradientRecipe { Kind = "phantom-unrolled", Steps = 5, Damping = 0.5 }),
        ("one-step", new GradientRecipe { Kind = "one-step" }),
    ];

    /// <summary>Options: <c>--data dir</c> of pictures, <c>--steps count</c>, default 1000, and <c>--seeds count</c>, default 1.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--steps", "--seeds") is not { } report || report["--data"] is not { } data)
        {
            Console.Error.WriteLine("--data names a folder of pictures.");
            return 2;
        }

        (int steps, int seeds) = (Number("--steps", 1000), Number("--seeds", 1));
        RestorationRecipe recipe = RestorationRecipeReader.Read(Path.Combine(Repository.Folder("Deq.Export", "Tasks", "Restoration", "Recipes"), "restore.json"));
        GreyPhotographs photographs = GreyPhotographs.Open(data, recipe.Training.Shrink);
        var results = new List<GradientResult>();
        foreach (int seed in Enumerable.Range(1, seeds))
        {
            foreach ((string name, GradientRecipe? gradient) in s_variants)
            {
                results.Add(Train(name, recipe with
                {
                    Seed = seed,
                    Gradient = gradient ?? recipe.Gradient,
                    Training = recipe.Training with { Steps = steps, ReportEvery = steps },
                }, photographs));
                Console.Error.WriteLine(results[^1]);
            }
        }

        report.Write(Page(results, steps, seeds), results);
        return 0;

        int Number(string option, int usual) => int.Parse(report[option] ?? $"{usual}", CultureInfo.InvariantCulture);
    }

    private static GradientResult Train(string name, RestorationRecipe recipe, GreyPhotographs photographs)
    {
        string folder = Directory.CreateTempSubdirectory("deq-gradients-").FullName;
        try
        {
            var view = new LastReport();
            using var trainer = new Trainer(new RestorationRun(recipe, photographs, CPU), new TrainingFiles(folder, "{}", "cpu", TimeProvider.System), resume: false, view);
            trainer.Run(CancellationToken.None);
            TrainingReport last = view.Last!;
            return new GradientResult(
                name, recipe.Seed, 1000 * last.TrainingSeconds / recipe.Training.Steps, last.Means["loss"], last.Held["psnr_15"], last.Held["psnr_25"], last.Means["evaluations"], last.Means["backward_evaluations"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Page(IReadOnlyList<GradientResult> results, int steps, int seeds)
    {
        string command = $"dotnet run --project tests/Deq.Benchmarks -c Release -- restore-gradients --data <BSDS, 400 pictures> --steps {steps} --seeds {seeds} --json docs/results/restore-gradients.json --markdown docs/results/restore-gradients.md";
        var page = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            # A restorer by other gradients
            The recipe of `models/restore` for {steps} of its 12,000 steps, with the learning rate's whole course, by each gradient: same weights at the start, patches and noise. PSNR is of 16 crops of
            pictures that were held out, the noise of σ = 15 and 25 removed, means over {seeds} seed{(seeds == 1 ? "" : "s")}. Short runs compare gradients; they do not say what a long one reaches. Times are of a machine that other work shared.

            ```
            {command}
            ```

            | gradient | σ = 15, dB | σ = 25, dB | loss in training | evaluations forward | products backward | ms per step |
            |---|--:|--:|--:|--:|--:|--:|

            """).ReplaceLineEndings("\n"));
        foreach (IGrouping<string, GradientResult> variant in results.GroupBy(result => result.Gradient))
        {
            page.Append(CultureInfo.InvariantCulture, $"| {variant.Key} | {variant.Average(run => run.Psnr15):0.00} | {variant.Average(run => run.Psnr25):0.00} | {variant.Average(run => run.Loss):0.00} | ")
                .Append(CultureInfo.InvariantCulture, $"{variant.Average(run => run.Forward):0.0} | {variant.Average(run => run.Backward):0.0} | {variant.Average(run => run.Milliseconds):0} |\n");
        }

        return page.ToString();
    }

    private sealed record GradientResult(string Gradient, int Seed, double Milliseconds, double Loss, double Psnr15, double Psnr25, double Forward, double Backward);

    private sealed class LastReport : ITrainingView
    {
        public TrainingReport? Last { get; private set; }

        public void Step(TrainingProgress progress, double learningRate)
        {
        }

        public void Warn(string text) => Console.Error.WriteLine(text);

        public void Report(TrainingReport report) => Last = report;
    }
}
