using Deq.Export.Tasks.Classification.Datasets;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Export.Tasks.Classification.Evaluation;

/// <summary>Measures a bundle on labelled images through ONNX Runtime, as a server would run it: rows join and leave as they finish.</summary>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="dataset">Images of the bundle's size.</param>
/// <param name="indices">Which of them.</param>
/// <param name="threads">Threads, at least 1; each runs its own rows.</param>
/// <param name="clock">Measures time.</param>
internal sealed class BundleEvaluation(ModelBundle bundle, ImageDataset dataset, IReadOnlyList<int> indices, int threads, TimeProvider clock)
{
    private const int RowsPerThread = 4;

    private readonly ImageBatches _images = new(dataset, bundle.Manifest.Input);

    /// <summary>Solves and classifies every image.</summary>
    /// <param name="method">The fixed-point method.</param>
    /// <param name="tolerance">Relative residual, in (0, 1).</param>
    /// <param name="evaluations">Budget per image, at least 1.</param>
    public EvaluationReport Run(IFixedPointMethod method, double tolerance, int evaluations)
    {
        var answers = new (RowSolution Solution, bool IsRight)[indices.Count];
        int next = -1;
        long began = clock.GetTimestamp();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            SolveRows(method, bundle.Manifest.Defaults.Grant(tolerance, evaluations), () => Interlocked.Increment(ref next), answers));
        double accuracy = answers.Count(answer => answer.IsRight) / (double)indices.Count;
        int[] spent = [.. answers.Select(answer => answer.Solution.Evaluations).Order()];
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
            ConvergedShare = answers.Count(answer => answer.Solution.Converged) / (double)indices.Count,
            MedianResidual = answers.Select(answer => answer.Solution.Residual).Order().ElementAt(indices.Count / 2),
            Seconds = clock.GetElapsedTime(began).TotalSeconds,
        };
    }

    /// <summary>What one thread does: as many rows at a time as it has room for, until none is left to take.</summary>
    private void SolveRows(IFixedPointMethod method, RowGrant grant, Func<int> take, (RowSolution Solution, bool IsRight)[] answers)
    {
        using OnnxLane lane = bundle.Model.OpenLane(RowsPerThread);
        var batch = new RunningBatch(lane.Space, lane, method, clock, lane.Residual);
        var places = new Dictionary<int, int>();
        float[] logits = new float[bundle.Model.OutputLength];
        float[] pixels = new float[_images.ImageSize];
        int place = take();
        while (place < indices.Count || places.Count > 0)
        {
            while (place < indices.Count && places.Count < RowsPerThread)
            {
                _images.Fill([indices[place]], epoch: 0, pixels, new long[1]);
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
                answers[finished] = (done.Solution, logits.AsSpan().IndexOf(logits.Max()) == dataset.Label(indices[finished]));
            }
        }
    }
}
