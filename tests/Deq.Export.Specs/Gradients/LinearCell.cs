using Deq.Export.Recipes;
using Deq.Export.Solving;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

/// <summary>f(z) = z·Jᵀ + x in double precision: everything about it is known by dense linear algebra.</summary>
internal sealed class LinearCell
{
    private const ScalarType Type = ScalarType.Float64;

    public LinearCell(double radius, int width = 8, int rows = 3, int seed = 11)
    {
        using var random = new Generator((ulong)seed);
        Tensor draw = randn(width, width, dtype: Type, generator: random);
        Jacobian = (draw * (radius / linalg.eigvals(draw).abs().max().item<double>())).detach().requires_grad_();
        Injection = randn(rows, width, dtype: Type, generator: random).requires_grad_();
        Cotangent = randn(rows, width, dtype: Type, generator: random);
    }

    public Tensor Jacobian { get; }

    public Tensor Injection { get; }

    /// <summary>v, the gradient of the loss.</summary>
    public Tensor Cotangent { get; }

    public Tensor Evaluate(Tensor z) => z.matmul(Jacobian.transpose(0, 1)) + Injection;

    public Tensor Loss(Tensor z) => (z * Cotangent).sum();

    public Tensor Exact => linalg.solve(Inverted, Injection.detach().transpose(0, 1)).transpose(0, 1);

    /// <summary>dL/dx = (I − Jᵀ)⁻¹·v per row, which is the adjoint itself.</summary>
    public Tensor ExactAdjoint => linalg.solve(Inverted.transpose(0, 1), Cotangent.transpose(0, 1)).transpose(0, 1);

    private Tensor Inverted => eye(Jacobian.shape[0], dtype: Type) - Jacobian.detach();

    /// <summary>A solver that keeps its inverse; dispose it after the gradient.</summary>
    public TorchSolver Solver(int evaluations, string inverse = "broyden", int opaEvery = 0) => ForwardSolver.Make(
        new SolverRecipe { Method = "broyden", MaxEvaluations = evaluations },
        new GradientRecipe { Kind = "shine", Inverse = inverse, OpaEvery = opaEvery },
        (int)Injection.shape[0],
        (int)Injection.shape[1],
        (z, sideInputs) => z.matmul(Jacobian.transpose(0, 1)) + sideInputs[0],
        Type,
        outerGradient: (_, places) => Cotangent.index_select(0, places));
}
