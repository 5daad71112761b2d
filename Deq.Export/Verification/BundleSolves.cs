using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Verification;

/// <summary>Solves inputs with a bundle's model and method in the loop that serves, and counts the evaluations.</summary>
/// <param name="model">At the size of the inputs.</param>
/// <param name="defaults">Name the method.</param>
/// <param name="clock">Measures time.</param>
internal sealed class BundleSolves(OnnxModel model, SolveDefaults defaults, TimeProvider clock)
{
    /// <summary>Evaluations of the cell that were made, each row of a batch counted.</summary>
    public long Evaluations { get; private set; }

    /// <summary>Solves one input alone.</summary>
    /// <param name="input">Of the encoder.</param>
    /// <param name="grant">What it may spend.</param>
    /// <param name="start">z_0; null is the cold start.</param>
    public SolvedRow Solve(float[] input, RowGrant grant, float[]? start = null) => SolveTogether([input], grant, start)[0];

    /// <summary>Solves inputs in one batch.</summary>
    /// <param name="inputs">At least one.</param>
    /// <param name="grant">What each may spend.</param>
    /// <param name="start">z_0 of all; null is the cold start.</param>
    /// <returns>In the order of the inputs.</returns>
    public SolvedRow[] SolveTogether(IReadOnlyList<float[]> inputs, RowGrant grant, float[]? start = null)
    {
        using OnnxLane lane = model.OpenLane(inputs.Count);
        var batch = new RunningBatch(lane.Space, new CountedMap(lane, rows => Evaluations += rows), defaults.Method(defaults.Solver), clock, lane.Residual);
        var places = new Dictionary<int, int>();
        for (int place = 0; place < inputs.Count; place++)
        {
            places.Add(batch.Join(grant, out int row), place);
            lane.Encode(inputs[place], row);
            if (start is null)
            {
                lane.Start(batch.IterateSlot, row);
            }
            else
            {
                lane.Start(batch.IterateSlot, row, start);
            }
        }

        SolvedRow[] solved = new SolvedRow[inputs.Count];
        FixedPoint.Run(batch, done =>
        {
            (float[] state, float[] output) = (new float[model.StateWidth], new float[model.OutputLength]);
            lane.Read(done.Slot, done.Row, state);
            lane.Decode(done.Slot, done.Row, output);
            solved[places[done.Ticket]] = new SolvedRow(done.Solution, state, output);
        });
        return solved;
    }

    /// <summary>The cell, and how many rows it was evaluated for.</summary>
    private sealed class CountedMap(OnnxLane lane, Action<int> count) : IFixedPointMap
    {
        public void Evaluate(int z, int fz, int rows)
        {
            lane.Evaluate(z, fz, rows);
            count(rows);
        }

        public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);
    }
}

/// <summary>What a solve came to.</summary>
/// <param name="Solution">How it ended.</param>
/// <param name="State">z, <c>[D]</c>.</param>
/// <param name="Output">What the decoder makes of it.</param>
internal sealed record SolvedRow(RowSolution Solution, float[] State, float[] Output);
