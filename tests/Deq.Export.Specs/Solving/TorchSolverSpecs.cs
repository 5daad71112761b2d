using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Solving;

public sealed class TorchSolverSpecs
{
    private const int Width = 12;

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Finds_each_rows_own_fixed_point_with_its_own_injection(string name)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor matrix, Tensor x) = Problem(rows: 5);
        using TorchSolver solver = Solver(name, matrix);

        TorchSolution solution = solver.Solve(zeros(5, Width, dtype: ScalarType.Float64), Grant(1e-9), x);

        Tensor exact = linalg.solve(eye(Width, dtype: ScalarType.Float64) - matrix, x.transpose(0, 1)).transpose(0, 1);
        Assert.True((solution.State - exact).abs().max().item<double>() < 1e-6);
        Assert.Equal(1, solution.Statistics.ConvergedShare);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Spends_on_a_row_in_a_batch_what_it_spends_alone(string name)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor matrix, Tensor x) = Problem(rows: 6);
        x[2].mul_(0);
        using TorchSolver solver = Solver(name, matrix);

        TorchSolution together = solver.Solve(zeros(6, Width, dtype: ScalarType.Float64), Grant(1e-6), x);
        RowSolution[] alone = [.. Enumerable.Range(0, 6).Select(row =>
            solver.Solve(zeros(1, Width, dtype: ScalarType.Float64), Grant(1e-6), x.narrow(0, row, 1)).Rows[0])];

        Assert.Equal(alone.Select(row => row.Evaluations), together.Rows.Select(row => row.Evaluations));
    }

    [Fact]
    public void Reports_the_evaluations_it_makes()
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor matrix, Tensor x) = Problem(rows: 4);
        using TorchSolver solver = Solver("anderson", matrix);

        TorchSolution solution = solver.Solve(zeros(4, Width, dtype: ScalarType.Float64), Grant(1e-6), x);

        Assert.Equal(solution.Rows.Sum(row => row.Evaluations), solver.RowEvaluations);
    }

    [Fact]
    public void Names_both_sizes_when_a_start_does_not_fit()
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor matrix, Tensor x) = Problem(rows: 9);
        using TorchSolver solver = Solver("picard", matrix);

        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => solver.Solve(zeros(9, Width, dtype: ScalarType.Float64), Grant(1e-6), x));

        Assert.Contains("[9, 12]", fault.Message, StringComparison.Ordinal);
        Assert.Contains("[8, 12]", fault.Message, StringComparison.Ordinal);
    }

    private static (Tensor Matrix, Tensor Injection) Problem(int rows)
    {
        using var random = new Generator(1);
        Tensor matrix = randn(Width, Width, dtype: ScalarType.Float64, generator: random);
        matrix = matrix * (0.8 / linalg.norm(matrix, 2).item<double>());
        return (matrix, randn(rows, Width, dtype: ScalarType.Float64, generator: random));
    }

    private static TorchSolver Solver(string name, Tensor matrix) => new(
        8, Width, FixedPointMethods.Find(name)!, (z, sideInputs) => z.matmul(matrix.transpose(0, 1)) + sideInputs[0], ScalarType.Float64);

    private static RowGrant Grant(double tolerance) => new()
    {
        Tolerance = new Tolerance { Limit = tolerance },
        Budget = new Budget { Evaluations = 500 },
    };
}
