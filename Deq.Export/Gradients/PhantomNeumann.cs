using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>Phantom gradient by a Neumann series: u = τ·Σ_(t &lt; k) Bᵗ·v with B = τ·Jᵀ + (1 − τ)·I, then f is differentiated once with u.</summary>
/// <remarks>
/// As k grows, u goes to (I − Jᵀ)⁻¹·v where the spectral radius of B is below 1. At z* it equals the unrolled phantom gradient of the same
/// k and τ, but one recorded evaluation serves all k. Source: Geng, Zhang, Bai, Wang and Lin, "On training implicit models", NeurIPS 2021,
/// section 3.2 (NPG).
/// </remarks>
/// <param name="steps">k, at least 1: k − 1 products and one differentiation.</param>
/// <param name="damping">τ in (0, 1].</param>
internal sealed class PhantomNeumann(int steps, double damping) : IGradientEstimator
{
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
    }

    private BackwardReport Complete(RecordedEvaluation recorded)
    {
        using (no_grad())
        {
            Tensor term = recorded.Cotangent;
            Tensor sum = term.clone();
            for (int step = 1; step < steps; step++)
            {
                using IDisposable scope = NewDisposeScope();
                Tensor product = recorded.Product(term);
                Tensor next = damping == 1 ? product : product.mul_(HeldScalar.Of(damping)).add_(term, HeldScalar.Of(1 - damping));
                sum.AddInPlace(next);
                if (step > 1)
                {
                    term.Dispose();
                }

                term = next.MoveToOuterDisposeScope();
            }

            recorded.Differentiate(sum.mul_(HeldScalar.Of(damping)));
        }

        return new BackwardReport(steps, 0);
    }
}
