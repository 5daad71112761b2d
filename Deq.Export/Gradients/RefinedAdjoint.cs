using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>Broyden's good method on u = Jᵀu + v for all rows at once, from an estimate of (I − Jᵀ)⁻¹: each step costs one product.</summary>
/// <remarks>
/// The inverse is the product Π (I + s_(j+1)·s_jᵀ/‖s_j‖²) times the first estimate, so the steps are all that is kept. Nothing is read back
/// from the device. Source: Kelley, "Iterative methods for linear and nonlinear equations", SIAM 1995, section 7.3.
/// </remarks>
/// <param name="estimate">x <c>[B, D]</c> ↦ the first estimate times x.</param>
/// <param name="start">u_0, <c>[B, D]</c>.</param>
internal sealed class RefinedAdjoint(Func<Tensor, Tensor> estimate, Tensor start)
{
    /// <summary>A secant whose new direction would be this many times longer than its step is noise, not curvature.</summary>
    private const double LongestDirection = 1e4;

    private readonly List<Tensor> _steps = [];
    private readonly List<Tensor> _inverseSquares = [];

    /// <summary>u, <c>[B, D]</c>.</summary>
    public Tensor Adjoint { get; private set; } = start;

    /// <summary>One step.</summary>
    /// <param name="mapped">Jᵀu + v at the present u, <c>[B, D]</c>.</param>
    public void Step(Tensor mapped)
    {
        Tensor step = estimate(mapped - Adjoint);
        for (int i = 0; i < _steps.Count - 1; i++)
        {
            step = step.addcmul(_steps[i + 1], Product(_steps[i], step) * _inverseSquares[i], HeldScalar.Of(1));
        }

        if (_steps.Count > 0)
        {
            step = AddSecant(step);
        }

        _steps.Add(step);
        Adjoint = Adjoint.Plus(step);
    }

    /// <summary>What the newest evaluation says of the step before: the next step is longer by ‖s‖² / (‖s‖² − ⟨s, A·g⟩), and the factor is known.</summary>
    private Tensor AddSecant(Tensor step)
    {
        Tensor before = _steps[^1];
        Tensor square = Product(before, before);
        Tensor product = square - Product(before, step);
        Tensor isSound = product.abs().mul(HeldScalar.Of(LongestDirection)).gt(square);
        _inverseSquares.Add(where(isSound, square.reciprocal(), zeros_like(square)));
        return where(isSound, step * (square / product), step);
    }

    private static Tensor Product(Tensor a, Tensor b) => (a * b).sum(1, keepdim: true);
}
