using System.Globalization;
using System.Text;
using Deq.Export.Datasets;
using Deq.Export.FlowDatasets;
using Deq.Export.FlowEvaluation;
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
    private const int MostEvaluations = 80;
    private static readonly double[] ImageTolerances = [2e-2, 1e-3, 1e-4, 1e-5];
    private static readonly double[] FlowTolerances = [1e-1, 3e-2];
    private static readonly AndersonAcceleration Exact = new() { SamplesLongRows = false };

    /// <summary>
    /// Options: <c>--images folder</c>, labelled images of a shipped classifier's size, with <c>--model name</c> and <c>--count n</c>, default 60;
    /// <c>--pairs folder,folder</c>, pairs of frames for the flow model, <c>--count n</c> of each.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--images", "--model", "--pairs", "--count") is not { } report)
        {
            return 2;
        }

        int count = int.Parse(report["--count"] ?? "60", CultureInfo.InvariantCulture);
        Line[] lines =
        [
            .. report["--images"] is { } images ? OfImages(report["--model"] ?? "cifar10", images, count) : [],
            .. report["--pairs"] is { } pairs ? pairs.Split(',').SelectMany(folder => OfPairs(folder, count)) : [],
        ];
        report.Write(Page(lines), lines);
        return 0;
    }

    private static IEnumerable<Line> OfImages(string model, string folder, int count)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", model), new());
        ImageDataset images = DatasetReader.Open(DatasetReader.Recognise, folder, DatasetPart.Train, bundle.Manifest.Input, null);
        var batches = new ImageBatches(images, bundle.Manifest.Input);
        int step = images.Count / count;
        int[][] chosen = [.. Enumerable.Range(0, count).Select(i => i * step).Chunk(Batch)];
        return
        [
            .. Lines($"{model}, {count} images", ImageTolerances, method => chosen.SelectMany(indices => Solve(bundle.Model, batches, indices, method))),
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

    private static IEnumerable<Line> OfPairs(string folder, int count)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", "flow"), new());
        FlowDataset pairs = FlowDataset.Open(folder);
        int most = Math.Min(count, pairs.Count);
        FlowPair[] chosen = [.. Enumerable.Range(0, most).Select(pairs.Read)];
        return
        [
            .. Lines($"flow, {most} pairs of {Path.GetFileName(folder)}", FlowTolerances, method =>
            {
                using var solver = new FlowSolver(bundle, method, threads: 1);
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
