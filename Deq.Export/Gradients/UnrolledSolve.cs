using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>Plain back-propagation through the solver's own iterations: the baseline for accuracy and memory.</summary>
/// <remarks>
/// The solve is repeated from the same start with the same method and grant, this time recorded: the same loop over another state space.
/// Memory and time grow with the evaluations. What the method computes from inner products (mixing weights, step lengths) counts as
/// constant; by Picard iteration, which computes none, the gradient is that of the last iterate to the last digit. A row that leaves
/// early is evaluated on with the others, as zeros.
/// </remarks>
/// <param name="method">The forward solve's method.</param>
/// <param name="grant">The forward solve's tolerance and budget.</param>
internal sealed class UnrolledSolve(IFixedPointMethod method, RowGrant grant) : IGradientEstimator
{
    /// <inheritdoc/>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        int rows = (int)solution.Start.shape[0];
        var space = new RecordedStateSpace(rows, solution.Start);
        var batch = new RunningBatch(space, new RecordedMap(space, cell, solution.Start), method, TimeProvider.System);
        for (int row = 0; row < rows; row++)
        {
            batch.Join(grant, out _);
        }

        space[batch.IterateSlot] = solution.Start.detach();
        var states = new Tensor[rows];
        var ends = new RowSolution[rows];
        FixedPoint.Run(batch, done =>
        {
            states[done.Ticket] = space[done.Slot].narrow(0, done.Row, 1);
            ends[done.Ticket] = done.Solution;
        });
        return new GradientPass(
            cat(states, 0), () => new BackwardReport(ends.Average(end => end.Evaluations), 0), CompletesGradient: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>f over rows that change their places; the cell knows them in their first order.</summary>
    private sealed class RecordedMap(RecordedStateSpace space, Func<Tensor, Tensor> cell, Tensor start) : IFixedPointMap
    {
        private readonly long[] _order = [.. Enumerable.Range(0, space.Capacity).Select(row => (long)row)];

        public void Evaluate(int z, int fz, int rows)
        {
            Tensor order = tensor(_order.AsSpan(0, rows).ToArray(), device: start.device);
            Tensor all = zeros_like(start).index_copy(0, order, space[z].narrow(0, 0, rows));
            space.Write(fz, cell(all).index_select(0, order), rows);
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
            foreach (RowMove move in moves)
            {
                _order[move.To] = _order[move.From];
            }
        }
    }
}
