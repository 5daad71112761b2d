using Deq.Export.Solving;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>How the loss's gradient passes a fixed point found without gradient.</summary>
/// <remarks>Sees the same cell and the same state whatever the solver was. Not thread-safe; may own buffers.</remarks>
internal interface IGradientEstimator : IDisposable
{
    /// <summary>Prepares the state that the decoder sees.</summary>
    /// <param name="cell">z <c>[B, D]</c> ↦ f(z, x) <c>[B, D]</c>, with gradient to the cell's weights and to x.</param>
    /// <param name="solution">z* <c>[B, D]</c>, without gradient, and where its solve began.</param>
    GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution);
}

/// <summary>One pass of a mini-batch through a gradient estimator.</summary>
/// <param name="State">What the decoder sees, <c>[B, D]</c>.</param>
/// <param name="Complete">To be called after the loss has been differentiated: hands the cell its share.</param>
/// <param name="CompletesGradient">
/// Whether <see cref="Complete"/> differentiates the cell. What other parts of the loss share with it, the encoder and the effective
/// weights, must then outlive the loss's own backward pass.
/// </param>
internal sealed record GradientPass(Tensor State, Func<BackwardReport> Complete, bool CompletesGradient);

/// <summary>What the backward pass of a mini-batch cost.</summary>
/// <param name="Evaluations">Mean vector–Jacobian products per row.</param>
/// <param name="Residual">Mean relative residual of the adjoint equation; 0 where none is solved.</param>
internal sealed record BackwardReport(double Evaluations, double Residual);
