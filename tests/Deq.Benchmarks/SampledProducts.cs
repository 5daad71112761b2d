using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>What it costs in evaluations that Anderson acceleration estimates the inner products of long rows from a part of them.</summary>
internal static class SampledProducts
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- sampled";
    private const int Batch = 20;
    private const int MostEvaluations = 200;
    private static readonly double[] ImageTolerances = [2e-2, 1e-3, 1e-4, 1e-5];
    private static readonly double[] FlowTolerances = [1e-1, 3e-2];
    private static readonly AndersonAcceleration Exact = new() { SamplesLongRows = false };

    /// <summary>
    /// Options: <c>--images folder</c> of labelled images for the model cifar10, <c>--pairs folder,folder</c> of pairs of frames with true flow for the
    /// model flow; <c>--most-images n</c>, default 1000, and <c>--most-pairs n</c> of each folder, default 3.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--images", "--pairs", "--most-images", "--most-pairs") is not { } report)
        {
            return 2;
        }

        Line[] lines =
        [
            .. report["--images"] is { } images ? OfImages(images, Most("--most-images", 1000)) : [],
            .. report["--pairs"] is { } pairs ? pairs.Split(',').SelectMany(folder => OfPairs(folder, Most("--most-pairs", 3))) : [],
        ];
        report.Write(Page(lines), lines);
        return 0;

        int Most(string option, int otherwise) => report[option] is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : otherwise;
    }

    private static IEnumerable<Line> OfImages(string folder, int most)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", "cifar10"), new());
        ImageDataset images = DatasetReader.Open(DatasetReader.Recognise, folder, DatasetPart.Train, bundle.Manifest.Input, null);
        var batches = new ImageBatches(images, bundle.Manifest.Input);
        int count = Math.Min(most, images.Count);
        int step = images.Count / count;
        int[][] chosen = [.. Enumerable.Range(0, count).Select(i => i * step).Chunk(Batch)];
        return
        [
            .. Lines($"cifar10, {count} images", ImageTolerances, method => chosen.SelectMany(indices => Solve(bundle.Model, batches, indices, method))),
        ];
    }

    private static List<int?[]> Solve(OnnxModel model, ImageBatches batches, int[] indices, IFixedPointMethod method)
    {
        using OnnxLane lane = model.OpenLane(indices.Length);
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
        float[] pixels = new float[indices.Length * model.InputLength];
        batches.Fill(indices, 0, pixels, new long[indices.Length]);
        List<int?[]> reached = [];
        foreach (int i in Enumerable.Range(0, indices.Length))
        {
            batch.Join(RowGrant.Of(ImageTolerances[^1], MostEvaluations), out int row);
            lane.Encode(pixels.AsSpan(i * model.InputLength, model.InputLength), row);
            lane.Start(batch.IterateSlot, row);
            reached.Add(new int?[ImageTolerances.Length]);
        }

        for (; batch.Rows > 0; batch.Release())
        {
            batch.Step();
            foreach (RowStanding standing in Enumerable.Range(0, batch.Rows).Select(batch.Standing))
            {
                Note(reached[standing.Ticket], ImageTolerances, standing.Evaluations, standing.Residual);
            }
        }

        return reached;
    }

    private static IEnumerable<Line> OfPairs(string folder, int most)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", "flow"), new());
        FlowDataset pairs = FlowDataset.Open(folder);
        int count = Math.Min(most, pairs.Count);
        FlowPair[] chosen = [.. Enumerable.Range(0, count).Select(i => pairs.Read(i * (pairs.Count / count)))];
        return
        [
            .. Lines($"flow, {count} pairs of {Path.GetFileName(folder)}", FlowTolerances, method =>
            {
                using var solver = new FlowSolver(bundle, method, Environment.ProcessorCount);
                return [.. chosen.Select(pair =>
                {
                    int?[] reached = new int?[FlowTolerances.Length];
                    solver.Encode(pair.First, pair.Second);
                    solver.Solve(
                        RowGrant.Of(FlowTolerances[^1], MostEvaluations), [], (evaluations, residual, _) => Note(reached, FlowTolerances, evaluations, residual));
                    return reached;
                })];
            }),
        ];
    }

    private static void Note(int?[] reached, double[] tolerances, int evaluations, double residual)
    {
        for (int i = 0; i < tolerances.Length; i++)
        {
            reached[i] ??= residual <= tolerances[i] ? evaluations : null;
        }
    }

    private static IEnumerable<Line> Lines(string inputs, double[] tolerances, Func<IFixedPointMethod, IEnumerable<int?[]>> solve)
    {
        int?[][] exact = [.. solve(Exact)];
        int?[][] sampled = [.. solve(new AndersonAcceleration())];
        for (int i = 0; i < tolerances.Length; i++)
        {
            (double Mean, int Converged) wholly = Of(exact, i);
            (double Mean, int Converged) partly = Of(sampled, i);
            yield return new Line(inputs, tolerances[i], exact.Length, wholly.Mean, wholly.Converged, partly.Mean, partly.Converged);
        }

        static (double Mean, int Converged) Of(int?[][] rows, int tolerance) =>
            (rows.Average(row => row[tolerance] ?? MostEvaluations), rows.Count(row => row[tolerance] is not null));
    }

    private static string Page(Line[] lines)
    {
        var page = new StringBuilder();
        page.AppendLine("# Evaluations with estimated inner products");
        page.AppendLine();
        page.AppendLine("Anderson acceleration (m = 5) on the shipped models whose rows are long enough for estimates (D = 24,576; of flow 100,000 to 2 million), with exact");
        page.AppendLine(CultureInfo.InvariantCulture, $"inner products and with estimated ones: evaluations from a cold start until the residual meets the tolerance, {MostEvaluations} where it did not.");
        page.AppendLine($"`{Command} --images <folder of CIFAR-10 files> --pairs <folder>,<folder>,… --json docs/results/sampled.json --markdown docs/results/sampled.md` makes this page.");
        page.AppendLine();
        page.AppendLine("| inputs | tolerance | exact products: mean evaluations (converged) | estimated (converged) | change |");
        page.AppendLine("|---|--:|--:|--:|--:|");
        foreach (Line l in lines)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {l.Inputs} | {l.Tolerance} | {l.Exact:F2} ({l.ExactConverged}) | {l.Sampled:F2} ({l.SampledConverged}) | {(l.Sampled / l.Exact) - 1:P1} |");
        }

        return page.ToString();
    }

    private sealed record Line(
        string Inputs, double Tolerance, int Rows, double Exact, int ExactConverged, double Sampled, int SampledConverged);
}
