using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Joint.Probes;

/// <summary>The probe of the running server against projected gradient descent: how little of held-out images changes their label, and at what cost.</summary>
internal static class ProbeResults
{
    private const string Model = "fashion-mnist";
    private const int AtOnce = 4;

    private static readonly int[] s_budgets = [50, 100, 150];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--images", "--radii") is not { } report)
        {
            return 2;
        }

        int count = int.Parse(report["--images"] ?? "64", CultureInfo.InvariantCulture);
        double[] radii = [.. (report["--radii"] ?? "0.25,0.5,0.75,1,1.5,2").Split(',').Select(radius => double.Parse(radius, CultureInfo.InvariantCulture))];
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", Model), new ExecutionOptions());
        float[][] images = Images(bundle, report["--data"] ?? Repository.Folder("..", "shared", "data", "fashion_mnist"), count);
        Row[] rows = [.. Probed(bundle, images, s_budgets).GetAwaiter().GetResult(), .. Descended(bundle, images, radii)];
        report.Write(Page(rows, count), rows);
        return 0;
    }

    /// <summary>Held-out images of a bundle, values from 0 to 1.</summary>
    /// <param name="bundle">A classifier's.</param>
    /// <param name="data">The folder of Fashion-MNIST.</param>
    /// <param name="count">How many.</param>
    public static float[][] Images(ModelBundle bundle, string data, int count)
    {
        var part = LabelledImages.Open(bundle, new DirectoryInfo(data), LabelledImages.HeldOut);
        return [.. part.Indices.Take(count).Select(index => part.Dataset.Image(index).ToArray().Select(value => value / 255f).ToArray())];
    }

    /// <summary>What the probe of a running server finds.</summary>
    /// <param name="bundle">A classifier's, with the graphs of joint inference.</param>
    /// <param name="images">Values from 0 to 1.</param>
    /// <param name="budgets">Of joint inference, a row each.</param>
    public static async Task<List<Row>> Probed(ModelBundle bundle, float[][] images, IReadOnlyList<int> budgets)
    {
        using var folder = new TemporaryFolder();
        string name = bundle.Manifest.Name;
        Directory.CreateDirectory(folder[name]);
        foreach (string file in Directory.GetFiles(bundle.Directory))
        {
            File.Copy(file, Path.Combine(folder[name], Path.GetFileName(file)));
        }

        using ApiProcess server = ApiProcess.Start(folder.Path, "--Engine:Threads=1", $"--Engine:RowsPerThread={AtOnce}", "--Execution:IntraOpThreads=1");
        var rows = new List<Row>();
        foreach (int budget in budgets)
        {
            var answers = new JsonElement[images.Length];
            await Parallel.ForAsync(0, images.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellation) =>
                answers[i] = await AskAsync(server.Client, bundle.Manifest, images[i], budget, cancellation));
            rows.Add(new Row(
                $"probe, maxEvaluations={budget}",
                answers.Count(IsChanged) / (double)images.Length,
                Median(answers.Select(answer => IsChanged(answer) ? answer.GetProperty("l2").GetDouble() : double.PositiveInfinity)),
                answers.Average(answer => answer.GetProperty("evaluations").GetInt32() + answer.GetProperty("products").GetInt32()))
            {
                Converged = answers.Count(answer => answer.GetProperty("solve").GetProperty("converged").GetBoolean()) / (double)images.Length,
            });
        }

        return rows;
    }

    private static async Task<JsonElement> AskAsync(HttpClient client, ModelManifest manifest, float[] image, int budget, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(ImagePng.Of(image, manifest.Input.Channels, manifest.Input.Height, manifest.Input.Width));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using HttpResponseMessage response = await client.PostAsync($"/api/v1/models/{manifest.Name}/probe?maxEvaluations={budget}", content, cancellation);
        response.EnsureSuccessStatusCode();
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellation));
    }

    private static IEnumerable<Row> Descended(ModelBundle bundle, float[][] images, double[] radii)
    {
        ImageInput input = bundle.Manifest.Input;
        var change = new NearestChange { Bounds = new InputBounds { Least = 0, Most = 1 }, Scale = new ChannelScale(input.Mean, input.Deviation) };
        using var cold = new ColdLabels(bundle.Model, change, images.Length);
        int[] labels = cold.Of(images);
        double[] best = [.. images.Select(_ => double.PositiveInfinity)];
        double whole = 0;
        foreach (double radius in radii)
        {
            (double[] changes, double cost) = RadiusDescent.Run(bundle.Model, change, images, labels, radius);
            best = [.. best.Zip(changes, Math.Min)];
            whole += cost;
            yield return RowOf($"PGD-40, radius {radius.ToString(CultureInfo.InvariantCulture)}", changes, cost);
        }

        yield return RowOf($"PGD-40, the best of {radii.Length} radii for each image", best, whole);
    }

    private static Row RowOf(string method, double[] changes, double cost) => new(method, changes.Count(double.IsFinite) / (double)changes.Length, Median(changes), cost);

    private static bool IsChanged(JsonElement answer) => answer.GetProperty("changed").GetBoolean();

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Page(Row[] rows, int images)
    {
        IEnumerable<string> lines = rows.Select(row =>
            $"| {row.Method} | {row.Found:P0} | {(double.IsFinite(row.MedianChange) ? $"{row.MedianChange:F3}" : "–")} | {row.Cost:F0} | {(row.Converged is { } converged ? $"{converged:P0}" : "")} |");
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Probe: the smallest change that changes the label

            {images} images of Fashion-MNIST that were held out of the training of `{Model}`. A change is measured by its L2 norm, values from 0 to 1; the median is over all images, those without
            a change counted as infinite. It counts as found only where a solve from 0 (tolerance 1e-3) gives another label. Changes of the probe are rounded to 8 bits, those of PGD are not.
            Cost is evaluations of f plus products with its Jacobians, per image, checks included. *PGD-40* is projected gradient descent on the margin in an L2 ball: 40 steps of
            2.5/40 radii, solves for state and adjoint of at most 3 evaluations each that start from the last step's, then six bisections back towards the image.
            The probe's steps and default budget were chosen on images among these, so its numbers favour it; PGD's best radius is likewise known only afterwards. Medians of the probe by budget do not fall steadily:
            differences of 0.01 are within what this many images can tell.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- probe --data <folder of Fashion-MNIST> --markdown docs/results/probe.md --json docs/results/probe.json
            ```

            | method | changed | median L2 | evaluations + products | converged |
            |---|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            """);
    }

    /// <summary>One method.</summary>
    internal sealed record Row(string Method, double Found, double MedianChange, double Cost)
    {
        public double? Converged { get; init; }
    }
}
