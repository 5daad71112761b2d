using System.Diagnostics;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Export.Tasks.Classification;

/// <summary>Measures a bundle on labelled images through ONNX Runtime, as a server would run it: rows join and leave as they finish.</summary>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="dataset">Images of the bundle's size.</param>
/// <param name="indices">Which of them.</param>
/// <param name="threads">Threads, at least 1; each runs rows of its own.</param>
public sealed class BundleEvaluation(ModelBundle bundle, ImageDataset dataset, IReadOnlyList<int> indices, int threads)
{
    private const int RowsPerThread = 4;

    private readonly ImageBatches _images = new(dataset, bundle.Manifest.Input);

    /// <summary>Solves and classifies every image.</summary>
    /// <param name="method">The fixed-point method.</param>
    /// <param name="tolerance">Relative residual, in (0, 1).</param>
    /// <param name="evaluations">Budget per image, at least 1.</param>
    public EvaluationReport Run(IFixedPointMethod method, double tolerance, int evaluations)
    {
        ArgumentNullException.ThrowIfNull(method);
        RowGrant grant = RowGrant.Of(tolerance, evaluations);
        var solutions = new RowSolution[indices.Count];
        bool[] right = new bool[indices.Count];
        int next = -1;
        var watch = Stopwatch.StartNew();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunThread(() => Interlocked.Increment(ref next)));
        double accuracy = right.Count(isRight => isRight) / (double)indices.Count;
        int[] spent = [.. solutions.Select(solution => solution.Evaluations).Order()];
        return new EvaluationReport
        {
            Solver = method.Name,
            Tolerance = tolerance,
            MaxEvaluations = evaluations,
            Images = indices.Count,
            Accuracy = accuracy,
            AccuracyError = Math.Sqrt(accuracy * (1 - accuracy) / indices.Count),
            MeanEvaluations = spent.Average(),
            MedianEvaluations = (spent[(spent.Length - 1) / 2] + spent[spent.Length / 2]) / 2.0,
            LargestEvaluations = spent[^1],
            ConvergedShare = solutions.Count(solution => solution.Converged) / (double)indices.Count,
            MedianResidual = solutions.Select(solution => solution.Residual).Order().ElementAt(indices.Count / 2),
            Seconds = watch.Elapsed.TotalSeconds,
        };

        void RunThread(Func<int> take)
        {
            using OnnxLane lane = bundle.Model.OpenLane(RowsPerThread);
            var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
            var places = new Dictionary<int, int>();
            float[] logits = new float[bundle.Model.OutputLength];
            float[] pixels = new float[_images.ImageSize];
            long[] label = new long[1];
            int place = take();
            while (place < indices.Count || places.Count > 0)
            {
                while (place < indices.Count && places.Count < RowsPerThread)
                {
                    _images.Fill([indices[place]], epoch: 0, pixels, label);
                    int ticket = batch.Join(grant, out int row);
                    lane.Encode(pixels, row);
                    lane.Start(batch.IterateSlot, row);
                    places.Add(ticket, place);
                    place = take();
                }

                batch.Step();
                foreach (FinishedRow done in batch.Finished)
                {
                    places.Remove(done.Ticket, out int finished);
                    lane.Decode(done.Slot, done.Row, logits);
                    solutions[finished] = done.Solution;
                    right[finished] = logits.AsSpan().IndexOf(logits.Max()) == dataset.Label(indices[finished]);
                }
            }
        }
    }
}
