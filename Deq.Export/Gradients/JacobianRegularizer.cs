using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>Jacobian regularization: the mean square of the entries of ∂f/∂z per column, ‖J‖²_F / D, by Hutchinson's estimator.</summary>
/// <remarks>
/// E‖vᵀJ‖² = ‖J‖²_F for v of independent standard normals. Source: Bai, Koltun and Kolter, "Stabilizing equilibrium models by Jacobian
/// regularization", ICML 2021, eq. 6.
/// </remarks>
internal static class JacobianRegularizer
{
    /// <summary>The penalty, a scalar with gradient to the cell's weights, averaged over rows.</summary>
    /// <param name="cell">z <c>[B, D]</c> ↦ f(z, x) <c>[B, D]</c>, with gradient.</param>
    /// <param name="solution">Where to linearise, <c>[B, D]</c>.</param>
    /// <param name="samples">How many v per row, at least 1.</param>
    /// <param name="random">Draws v; on the processor, as all of TorchSharp's generators are.</param>
    public static Tensor Penalty(Func<Tensor, Tensor> cell, Tensor solution, int samples, Generator random)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        Tensor z = solution.detach().requires_grad_();
        Tensor fz = cell(z);
        Tensor sum = zeros([], dtype: z.dtype, device: z.device);
        for (int i = 0; i < samples; i++)
        {
            Tensor v = Draws.Normal(fz.shape, fz, random);
            Tensor product = autograd.grad([fz], [z], [v], retain_graph: true, create_graph: true)[0];
            sum = sum.Plus(product.Squared().sum());
        }

        return sum.Over((double)samples * z.NumberOfElements);
    }
}
