using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>A restored plane.</summary>
/// <param name="Picture"><c>[height, width]</c>.</param>
/// <param name="Output">The same with its margin.</param>
/// <param name="Start">Where the solve started, with its margin.</param>
/// <param name="Solution">How it was found.</param>
/// <param name="Time">What the solve took, decoding apart.</param>
internal sealed record RestoredPlane(float[] Picture, float[] Output, float[] Start, RowSolution Solution, TimeSpan Time);

/// <summary>Solves restoration problems through the lane and the loop that serve, one at a time.</summary>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="clock">Measures time.</param>
internal sealed class RestorationSolver(ModelBundle bundle, TimeProvider clock)
{
    /// <summary>Restores a plane.</summary>
    /// <param name="problem">Of the bundle's manifest.</param>
    /// <param name="measured">y.</param>
    /// <param name="method">How the next iterate is proposed.</param>
    /// <param name="grant">What it may spend.</param>
    /// <param name="start">Where it starts, with its margin; null is where a server starts.</param>
    /// <exception cref="InvalidDataException">It is not finite.</exception>
    public RestoredPlane Solve(RestorationProblem problem, float[] measured, IFixedPointMethod method, RowGrant grant, float[]? start = null)
    {
        OnnxModel model = bundle.Model.At(problem.Shape);
        using OnnxLane lane = model.OpenLane(1);
        var batch = new RunningBatch(lane.Space, lane, method, clock, lane.Residual);
        float[] planes = new float[model.InputLength];
        float[] state = new float[model.StateWidth];
        long began = clock.GetTimestamp();
        problem.Fill(measured, planes, state);
        start?.CopyTo(state, 0);
        batch.Join(grant, out int row);
        lane.Encode(planes, row);
        lane.Start(batch.IterateSlot, row, state);
        while (batch.Finished.Count == 0)
        {
            batch.Step();
        }

        FinishedRow done = batch.Finished[0];
        float[] output = new float[model.OutputLength];
        lane.Decode(done.Slot, done.Row, output);
        RowSolution solution = done.Solution;
        batch.Release();
        float[] picture = problem.Cut(output) ?? throw new InvalidDataException("The restored picture is not finite.");
        return new RestoredPlane(picture, output, state, solution, clock.GetElapsedTime(began));
    }
}
