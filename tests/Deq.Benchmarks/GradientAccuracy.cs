using System.Diagnostics;
using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Benchmarks;

/// <summary>Every estimator against the exact gradient of a small double-precision cell f(z) = z·Wᵀ + x of known spectral radius.</summary>
internal static class GradientAccuracy
{
    private const int Rows = 8;
    private const int Width = 32;
    private const int Cells = 5;
    private const ScalarType Type = ScalarType.Float64;
    private static readonly double[] Radii = [0.5, 0.9, 0.97];

    /// <summary>Medians over cells, one entry per estimator and radius.</summary>
    public static IEnumerable<Accuracy> Measure()
    {
        using IDisposable scope = NewDisposeScope();
        var problems = Radii.ToDictionary(radius => radius, radius => Enumerable.Range(1, Cells).Select(seed => Make(radius, seed)).ToArray());
        foreach (GradientRecipe recipe in Recipes())
        {
            foreach (double radius in Radii)
            {
                var solver = new SolverRecipe
                {
                    Method = recipe.Kind == "shine" ? "broyden" : "anderson",
                    Tolerance = recipe.Kind == "implicit" ? 1e-10 : 1e-5,
                    MaxEvaluations = recipe.Kind == "implicit" ? 1000 : 60,
                };
                (double Cosine, double Error, double Forward, double Evaluations, double Milliseconds)[] cells =
                    [.. problems[radius].Select(problem => Measure(recipe, solver, problem))];
                yield return new Accuracy(
                    recipe.Kind,
                    Parameters(recipe),
                    radius,
                    Median(cells.Select(cell => cell.Cosine)),
                    cells.Min(cell => cell.Cosine),
                    Median(cells.Select(cell => cell.Error)),
                    cells.Max(cell => cell.Error),
                    Median(cells.Select(cell => cell.Forward)),
                    Median(cells.Select(cell => cell.Evaluations)),
                    Median(cells.Select(cell => cell.Milliseconds)));
            }
        }
    }

    private static IEnumerable<GradientRecipe> Recipes()
    {
        yield return new GradientRecipe { Kind = "implicit", Tolerance = 1e-8, MaxEvaluations = 1000 };
        yield return new GradientRecipe { Kind = "implicit", Tolerance = 1e-3, MaxEvaluations = 1000 };
        yield return new GradientRecipe { Kind = "one-step" };
        foreach (string kind in (string[])["phantom-unrolled", "phantom-neumann"])
        {
            foreach ((int steps, double damping) in ((int, double)[])[(2, 0.5), (5, 0.5), (5, 0.8), (5, 1), (10, 0.5), (20, 0.5), (20, 1)])
            {
                yield return new GradientRecipe { Kind = kind, Steps = steps, Damping = damping };
            }
        }

        yield return new GradientRecipe { Kind = "shine" };
        foreach (int refinements in (int[])[0, 1, 2, 5, 10])
        {
            yield return new GradientRecipe { Kind = "shine", FallbackRatio = 1000, Refinements = refinements };
        }

        foreach (int every in (int[])[0, 5, 2, 1])
        {
            yield return new GradientRecipe { Kind = "shine", Inverse = "adjoint-broyden", OpaEvery = every };
            foreach (int refinements in (int[])[0, 1, 2, 5])
            {
                yield return new GradientRecipe
                {
                    Kind = "shine",
                    Inverse = "adjoint-broyden",
                    OpaEvery = every,
                    FallbackRatio = 1000,
                    Refinements = refinements,
                };
            }
        }

        yield return new GradientRecipe { Kind = "unrolled" };
    }

    private static string Parameters(GradientRecipe recipe) => recipe.Kind switch
    {
        "implicit" => $"tolerance {recipe.Tolerance:0e+0}",
        "phantom-unrolled" or "phantom-neumann" => $"k = {recipe.Steps}, τ = {recipe.Damping}",
        "shine" => Inverse(recipe) + (recipe.FallbackRatio < 2 ? $"fallback at {recipe.FallbackRatio}" : $"{recipe.Refinements} refinements"),
        _ => "",
    };

    private static string Inverse(GradientRecipe recipe) =>
        recipe.Inverse == "broyden" ? "" : recipe.OpaEvery == 0 ? "adjoint Broyden, " : $"adjoint Broyden, OPA every {recipe.OpaEvery}, ";

    private static Problem Make(double radius, int seed)
    {
        using var random = new Generator((ulong)seed);
        Tensor draw = randn(Width, Width, dtype: Type, generator: random);
        Tensor x = 0.1 * randn(Rows, Width, dtype: Type, generator: random);
        Tensor v = randn(Rows, Width, dtype: Type, generator: random);
        Tensor weight = draw * (radius / linalg.eigvals(draw).abs().max().item<double>());
        return new Problem(weight, x, v, Exact(weight, x, v));
    }

    private static (double Cosine, double Error, double Forward, double Evaluations, double Milliseconds) Measure(
        GradientRecipe recipe, SolverRecipe forward, Problem problem)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor fixedWeight, Tensor x, Tensor v, Tensor exact) = problem;
        Tensor weight = fixedWeight.clone().requires_grad_();
        Tensor Cell(Tensor z) => z.matmul(weight.transpose(0, 1)) + x;
        using TorchSolver solver = ForwardSolver.Make(
            forward, recipe, Rows, Width, (z, sideInputs) => z.matmul(weight.transpose(0, 1)) + sideInputs[0], Type, outerGradient: (_, rows) => v.index_select(0, rows));
        TorchSolution solution = solver.Solve(zeros_like(x), RowGrant.Of(forward.Tolerance, forward.MaxEvaluations), x);
        using IGradientEstimator estimator = GradientCatalogue.Make(recipe, forward);
        var watch = Stopwatch.StartNew();
        GradientPass pass = estimator.Attach(Cell, solution);
        (pass.State * v).sum().backward();
        BackwardReport report = pass.Complete();
        double milliseconds = watch.Elapsed.TotalMilliseconds;
        Tensor estimate = weight.grad!;
        double cosine = ((estimate * exact).sum() / (estimate.norm() * exact.norm())).item<double>();
        return (cosine, ((estimate - exact).norm() / exact.norm()).item<double>(), solution.MeanProducts, report.Evaluations, milliseconds);
    }

    /// <summary>Σ_rows u·zᵀ with z = (I − W)⁻¹·x and u = (I − Wᵀ)⁻¹·v by dense linear algebra.</summary>
    private static Tensor Exact(Tensor weight, Tensor x, Tensor v)
    {
        Tensor matrix = eye(Width, dtype: Type) - weight;
        Tensor z = linalg.solve(matrix, x.transpose(0, 1));
        Tensor u = linalg.solve(matrix.transpose(0, 1), v.transpose(0, 1));
        return u.matmul(z.transpose(0, 1));
    }

    private sealed record Problem(Tensor Weight, Tensor Injection, Tensor Cotangent, Tensor Exact);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>How near an estimator comes: medians over cells, and the worst.</summary>
internal sealed record Accuracy(
    string Kind,
    string Parameters,
    double SpectralRadius,
    double Cosine,
    double WorstCosine,
    double RelativeError,
    double WorstRelativeError,
    double ForwardProducts,
    double Evaluations,
    double Milliseconds);
