using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Joint;

/// <summary>ℓ at the equilibrium of given inputs: what methods are compared by. It counts for none of them.</summary>
internal sealed class TrueLoss(OnnxModel model, IJointProblem problem, float[][] problems) : IDisposable
{
    private const int Evaluations = 60;
    private const double Tolerance = 1e-4;

    private readonly OnnxLane _lane = model.OpenLane(problems.Length);
    private RunningBatch? _batch;

    /// <summary>The mean loss, and the outputs.</summary>
    /// <param name="inputs">x per row.</param>
    public (double Loss, float[][] Outputs) Of(float[][] inputs)
    {
        _batch ??= new RunningBatch(_lane.Space, _lane, FixedPointMethods.Named("anderson"), TimeProvider.System);
        int first = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            int ticket = _batch.Join(RowGrant.Of(Tolerance, Evaluations), out int row);
            first = i == 0 ? ticket : first;
            _lane.Encode(inputs[i], row);
            _lane.Start(_batch.IterateSlot, row);
        }

        float[][] outputs = [.. inputs.Select(_ => new float[model.OutputLength])];
        FixedPoint.Run(_batch, done => _lane.Decode(done.Slot, done.Row, outputs[done.Ticket - first]));
        float[] cotangent = new float[model.OutputLength];
        float[] gradient = new float[model.InputLength];
        return (Enumerable.Range(0, inputs.Length).Average(row =>
            problem.Loss(problems[row], outputs[row], cotangent) + problem.Prior(problems[row], inputs[row], gradient)), outputs);
    }

    /// <inheritdoc/>
    public void Dispose() => _lane.Dispose();
}
