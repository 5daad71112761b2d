using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>SHINE: the inverse that the forward solve has estimated, applied to the cotangent in place of an adjoint solve.</summary>
/// <remarks>
/// <para>
/// Rows whose estimate is not to be trusted, or that have none because their solve kept no inverse, get the one-step gradient. Nothing is
/// read back from the device.
/// </para>
/// <para>
/// A refinement is one step of Broyden's method on u = Jᵀu + v, whose inverse starts from the shared one. Its first secant is the paper's
/// extra update in the direction that the outer problem needs (OPA) with e = Aᵀv, taken at the solution: there both are the same step.
/// </para>
/// <para>Source: Ramzi and others, "SHINE: sharing the inverse estimate from the forward pass", ICLR 2022, sections 2.1 and 2.3.</para>
/// </remarks>
/// <param name="fallbackRatio">The largest trusted ‖Aᵀv‖ / ‖v‖, above 1.</param>
/// <param name="refinements">n, 0 or more.</param>
internal sealed class ShineGradient(double fallbackRatio, int refinements) : IGradientEstimator
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The solver kept no estimate of the inverse.</exception>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        IRowInverse inverse = solution.Inverse
            ?? throw new ArgumentException("SHINE needs a solve that kept its estimate of the inverse: Broyden's.", nameof(solution));
        var recorded = new RecordedEvaluation(cell, solution.State);
        return new GradientPass(recorded.Seen, () => Complete(recorded, inverse), CompletesGradient: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private BackwardReport Complete(RecordedEvaluation recorded, IRowInverse inverse)
    {
        using IDisposable scope = NewDisposeScope();
        using (no_grad())
        {
            Tensor v = recorded.Cotangent;
            Tensor shared = inverse.ApplyTransposed(v);
            Tensor length = Length(shared);
            Tensor isTrusted = length.isfinite().logical_and(length.le(Length(v).mul(HeldScalar.Of(fallbackRatio))));
            var refined = new RefinedAdjoint(x => where(isTrusted, inverse.ApplyTransposed(x), x), where(isTrusted, shared, v));
            for (int step = 0; step < refinements; step++)
            {
                refined.Step(recorded.Product(refined.Adjoint).AddInPlace(v));
            }

            recorded.Differentiate(refined.Adjoint);
        }

        return new BackwardReport(1 + refinements, 0);
    }

    private static Tensor Length(Tensor x) => x.norm(1, keepdim: true);
}
