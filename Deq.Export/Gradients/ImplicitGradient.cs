using Deq.Export.Solving;
using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>The exact gradient by the implicit function theorem: the adjoint u = Jᵀu + v is solved, then f is differentiated once with it.</summary>
/// <remarks>
/// v is the loss's gradient with respect to z*, J = ∂f/∂z at z*. Any fixed-point method solves for u. Memory does not depend on the
/// number of evaluations, forward or backward. Source: Bai, Kolter and Koltun, "Deep equilibrium models", NeurIPS 2019, theorem 1.
/// </remarks>
/// <param name="method">How the adjoint is found.</param>
/// <param name="grant">Tolerance and budget of the adjoint, per row.</param>
internal sealed class ImplicitGradient(IFixedPointMethod method, RowGrant grant) : IGradientEstimator
{
    private TorchSolver? _solver;
    private (long Rows, long Width) _size;
    private Tensor? _previous;
    private Func<Tensor, IReadOnlyList<Tensor>, Tensor> _adjoint = (u, _) => u;

    /// <summary>
    /// Whether a solve starts from the adjoint of the solve before, if that had as many rows, in place of v. It saves evaluations where
    /// consecutive mini-batches are alike, such as the same rows again. A resumed run has no solve before. Default false.
    /// </summary>
    public bool IsWarmStarted { get; init; }

    /// <inheritdoc/>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        var recorded = new RecordedEvaluation(cell, solution.State);
        return new GradientPass(recorded.Seen, () => Complete(recorded), CompletesGradient: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver?.Dispose();
        _previous?.Dispose();
    }

    private BackwardReport Complete(RecordedEvaluation recorded)
    {
        Tensor v = recorded.Cotangent;
        _adjoint = (u, sideInputs) => recorded.Product(u, sideInputs[0]).AddInPlace(sideInputs[1]);
        Tensor start = IsWarmStarted && _previous is not null && _previous.shape.SequenceEqual(v.shape) ? _previous : v;
        TorchSolution adjoint = Solver(v).Solve(start, grant, HeldArithmetic.CountTo(v.shape[0], ScalarType.Int64, v.device), v);
        recorded.Differentiate(adjoint.State);
        if (IsWarmStarted)
        {
            _previous?.Dispose();
            _previous = adjoint.State.clone().DetachFromDisposeScope();
        }

        return new BackwardReport(adjoint.Statistics.MeanEvaluations, adjoint.Statistics.MeanResidual);
    }

    private TorchSolver Solver(Tensor z)
    {
        (long Rows, long Width) size = (z.shape[0], z.shape[1]);
        if (_solver is null || size.Rows > _size.Rows || size.Width != _size.Width)
        {
            _solver?.Dispose();
            _solver = new TorchSolver((int)size.Rows, (int)size.Width, method, (u, sideInputs) => _adjoint(u, sideInputs), z.dtype, z.device);
            _size = size;
        }

        return _solver;
    }
}
