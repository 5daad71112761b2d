using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>Phantom gradient, unrolled: k damped steps from z*, z ← (1 − τ)·z + τ·f(z), differentiated as they stand.</summary>
/// <remarks>Source: Geng, Zhang, Bai, Wang and Lin, "On training implicit models", NeurIPS 2021, section 3.2 (UPG).</remarks>
/// <param name="steps">k, at least 1.</param>
/// <param name="damping">τ in (0, 1].</param>
public sealed class PhantomUnrolled(int steps, double damping) : IGradientEstimator
{
    /// <inheritdoc/>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        Tensor z = solution.State.detach();
        for (int step = 0; step < steps; step++)
        {
            Tensor fz = cell(z);
            z = damping == 1 ? fz : z.mul(HeldScalar.Of(1 - damping)).add(fz, HeldScalar.Of(damping));
        }

        return new GradientPass(z, () => new BackwardReport(steps, 0), CompletesGradient: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
