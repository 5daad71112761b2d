using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Trust;

/// <summary>The votes of one model on held-out images, by its default solve, and what they took.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Labels">The label of each image, by index.</param>
/// <param name="MillisecondsPerImage">Of one thread.</param>
/// <param name="MeanEvaluations">Per image.</param>
internal sealed record MemberVotes(string Model, int[] Labels, double MillisecondsPerImage, double MeanEvaluations)
{
    private const int Rows = 4;

    /// <summary>Has a bundle classify the images that were held out of its training.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="data">Where its data set lies.</param>
    /// <param name="truth">The images' labels.</param>
    public static MemberVotes Of(string directory, string data, out int[] truth)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());
        var images = LabelledImages.Open(bundle, new DirectoryInfo(data), LabelledImages.HeldOut);
        truth = [.. images.Indices.Select(images.Dataset.Label)];
        int[] labels = new int[images.Indices.Count];
        long began = TimeProvider.System.GetTimestamp();
        long evaluations = Solve(bundle, images, labels);
        double milliseconds = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        return new(bundle.Manifest.Name, labels, milliseconds / labels.Length, evaluations / (double)labels.Length);
    }

    private static long Solve(ModelBundle bundle, LabelledImages images, int[] labels)
    {
        SolveDefaults defaults = bundle.Manifest.Defaults;
        using OnnxLane lane = bundle.Model.OpenLane(Rows);
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Named(defaults.Solver), TimeProvider.System);
        var pixels = new ImageBatches(images.Dataset, bundle.Manifest.Input);
        float[] image = new float[pixels.ImageSize];
        float[] logits = new float[bundle.Model.OutputLength];
        var places = new Dictionary<int, int>();
        int next = 0;
        long evaluations = 0;
        while (next < labels.Length || places.Count > 0)
        {
            for (; next < labels.Length && places.Count < Rows; next++)
            {
                pixels.Fill([images.Indices[next]], epoch: 0, image, new long[1]);
                places.Add(batch.Join(RowGrant.Of(defaults.Tolerance, defaults.MaxEvaluations), out int row), next);
                lane.Encode(image, row);
                lane.Start(batch.IterateSlot, row);
            }

            batch.Step();
            foreach (FinishedRow done in batch.Finished)
            {
                places.Remove(done.Ticket, out int place);
                lane.Decode(done.Slot, done.Row, logits);
                labels[place] = logits.AsSpan().IndexOf(logits.Max());
                evaluations += done.Solution.Evaluations;
            }
        }

        return evaluations;
    }
}
