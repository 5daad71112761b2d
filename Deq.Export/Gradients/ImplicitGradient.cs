using Deq.Export.Solving;
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
public sealed class ImplicitGradient(IFixedPointMethod method, RowGrant grant) : IGradientEstimator
{
    private TorchSolver? _solver;
    private (long Rows, long Width) _size;
    private Func<Tensor, IReadOnlyList<Tensor>, Tensor> _adjoint = (u, _) => u;

    /// <inheritdoc/>
    public GradientPass Attach(Func<Tensor, Tensor> cell, Tensor solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        Tensor z = solution.detach().requires_grad_();
        Tensor fz = cell(z);
        Tensor seen = fz.detach().requires_grad_();
        return new GradientPass(seen, () => Complete(z, fz, seen.grad!), CompletesGradient: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _solver?.Dispose();

    private BackwardReport Complete(Tensor z, Tensor fz, Tensor v)
    {
        // Rows that are done leave the batch, but the recorded evaluation holds all of them: the others' cotangents are 0.
        _adjoint = (u, companions) =>
        {
            Tensor rows = companions[0];
            Tensor cotangent = zeros_like(fz).index_copy_(0, rows, u);
            Tensor product = autograd.grad([fz], [z], [cotangent], retain_graph: true)[0];
            return product.index_select(0, rows).add_(companions[1]);
        };
        TorchSolution adjoint = Solver(z).Solve(v, grant, arange(z.shape[0], device: z.device), v);
        autograd.backward(fz, adjoint.State);
        return new BackwardReport(adjoint.Statistics.MeanEvaluations, adjoint.Statistics.MeanResidual);
    }

    private TorchSolver Solver(Tensor z)
    {
        (long Rows, long Width) size = (z.shape[0], z.shape[1]);
        if (_solver is null || size.Rows > _size.Rows || size.Width != _size.Width)
        {
            _solver?.Dispose();
            _solver = new TorchSolver((int)size.Rows, (int)size.Width, method, (u, companions) => _adjoint(u, companions), z.dtype, z.device);
            _size = size;
        }

        return _solver;
    }
}
