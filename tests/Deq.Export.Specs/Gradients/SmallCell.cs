using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

/// <summary>f(z) = tanh(z·Wᵀ + x) in double precision, with the exact gradient of Σ c·z* by dense linear algebra.</summary>
internal sealed class SmallCell
{
    public const int Width = 6;
    public const int Rows = 3;

    private readonly Tensor _cotangent;

    public SmallCell(double gain)
    {
        // Torch's own generator belongs to the whole process, and specs run in parallel.
        using var random = new Generator(3);
        Tensor draw = randn(Width, Width, dtype: ScalarType.Float64, generator: random);
        Weight = (draw * (gain / linalg.norm(draw, 2).item<double>())).detach().requires_grad_();
        Injection = randn(Rows, Width, dtype: ScalarType.Float64, generator: random).requires_grad_();
        _cotangent = randn(Rows, Width, dtype: ScalarType.Float64, generator: random);
    }

    public Tensor Weight { get; }

    public Tensor Injection { get; }

    public Tensor Evaluate(Tensor z) => (z.matmul(Weight.transpose(0, 1)) + Injection).tanh();

    public Tensor Loss(Tensor z) => (z * _cotangent).sum();

    /// <summary>The fixed point to rounding: the gain is below 1.</summary>
    public Tensor Solve()
    {
        using IDisposable detached = no_grad();
        Tensor z = zeros(Rows, Width, dtype: ScalarType.Float64);
        for (int i = 0; i < 2000; i++)
        {
            z = Evaluate(z);
        }

        return z;
    }

    /// <summary>A solver that keeps its inverse where the recipe's method estimates one; dispose it after the gradient.</summary>
    public TorchSolver Solver(SolverRecipe recipe, string inverse = "broyden") => ForwardSolver.Make(
        recipe,
        new GradientRecipe { Kind = "shine", Inverse = inverse },
        Rows,
        Width,
        (z, sideInputs) => (z.matmul(Weight.transpose(0, 1)) + sideInputs[0]).tanh(),
        ScalarType.Float64);

    /// <summary>The fixed point as such a solver finds it.</summary>
    public TorchSolution Solve(TorchSolver solver, SolverRecipe recipe) =>
        solver.Solve(zeros_like(Injection), RowGrant.Of(recipe.Tolerance, recipe.MaxEvaluations), Injection);

    /// <summary>dL/dW = Σ_rows u·∂f/∂W with u = (I − Jᵀ)⁻¹·c, J = diag(1 − f²)·W.</summary>
    public Tensor ExactWeightGradient(Tensor solution)
    {
        using IDisposable detached = no_grad();
        Tensor slope = 1 - solution.square();
        Tensor gradient = zeros_like(Weight);
        for (int row = 0; row < Rows; row++)
        {
            Tensor jacobian = slope[row].unsqueeze(1) * Weight;
            Tensor u = linalg.solve(eye(Width, dtype: ScalarType.Float64) - jacobian.transpose(0, 1), _cotangent[row].unsqueeze(1)).squeeze(1);
            gradient += (u * slope[row]).outer(solution[row]);
        }

        return gradient;
    }
}
