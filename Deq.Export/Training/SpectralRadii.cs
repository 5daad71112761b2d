using Deq.Export.Solving;
using Deq.Runtime.Implicit;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>Spectral radii of a cell's Jacobian while training.</summary>
internal static class SpectralRadii
{
    /// <summary>The median over rows of the spectral radius of ∂f/∂z.</summary>
    /// <param name="cell">z ↦ f(z).</param>
    /// <param name="state">Where to linearise, <c>[B, D]</c>.</param>
    public static double Median(Func<Tensor, Tensor> cell, Tensor state)
    {
        using IDisposable scope = NewDisposeScope();
        (int rows, int width) = ((int)state.shape[0], (int)state.shape[1]);
        Tensor z = state.detach().requires_grad_();
        Tensor fz;
        using (enable_grad())
        {
            fz = cell(z);
        }

        using var space = new TorchStateSpace(rows, width, state.dtype, state.device);
        using var product = new TorchMap(space, (u, _) => autograd.grad([fz], [z], [u], retain_graph: true)[0]);
        var radius = new SpectralRadius(space, product);
        using var random = new Generator(0);
        space[radius.StartSlot].copy_(Draws.Normal(state.shape, state, random));
        double[] radii = [.. radius.Estimate(rows).Order()];
        return radii[radii.Length / 2];
    }
}
