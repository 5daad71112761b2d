using Deq.Export.Solving;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>The one-step or Jacobian-free gradient: (I − Jᵀ)⁻¹ is taken for the identity, and f(z*) is differentiated once.</summary>
/// <remarks>
/// A phantom gradient of one undamped step. Source: Fung, Heaton, Li, McKenzie, Osher and Yin, "JFB: Jacobian-free backpropagation for
/// implicit networks", AAAI 2022.
/// </remarks>
internal sealed class OneStep : IGradientEstimator
{
    /// <inheritdoc/>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        return new GradientPass(cell(solution.State.detach()), () => new BackwardReport(1, 0), CompletesGradient: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
