using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Joint.Probes;

/// <summary>The labels of images, each by a solve from 0.</summary>
internal sealed class ColdLabels(OnnxModel model, NearestChange units, int rows) : IDisposable
{
    private const double Tolerance = 1e-3;
    private const int MostEvaluations = 60;

    private readonly OnnxLane _lane = model.OpenLane(rows);
    private RunningBatch? _batch;

    /// <summary>Evaluations so far, mean per row.</summary>
    public double Evaluations { get; private set; }

    /// <summary>One label for each image.</summary>
    /// <param name="images">In values from 0 to 1; as many as rows.</param>
    public int[] Of(IReadOnlyList<float[]> images)
    {
        _batch ??= new RunningBatch(_lane.Space, _lane, FixedPointMethods.Named("anderson"), TimeProvider.System);
        float[] input = new float[model.InputLength];
        int first = 0;
        for (int i = 0; i < images.Count; i++)
        {
            int ticket = _batch.Join(RowGrant.Of(Tolerance, MostEvaluations), out int row);
            first = i == 0 ? ticket : first;
            units.Enter(images[i], input);
            _lane.Encode(input, row);
            _lane.Start(_batch.IterateSlot, row);
        }

        int[] labels = new int[images.Count];
        float[] logits = new float[model.OutputLength];
        FixedPoint.Run(_batch, done =>
        {
            _lane.Decode(done.Slot, done.Row, logits);
            labels[done.Ticket - first] = logits.AsSpan().IndexOf(logits.Max());
            Evaluations += done.Solution.Evaluations / (double)images.Count;
        });
        return labels;
    }

    public void Dispose() => _lane.Dispose();
}
