using Deq.Export.Solving;
using Deq.Export.Specs.Gradients;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Solving;

public sealed class AdjointBroydenSpecs
{
    private const ScalarType Type = ScalarType.Float64;

    [Fact]
    public void Satisfies_the_adjoint_secant_condition_of_its_last_update()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        (IRowInverse inverse, List<Tensor> iterates) = Solve(cell.Evaluate, cell.Injection, evaluations: 6);

        (Tensor sigma, Tensor tau) = Condition(cell.Evaluate, iterates[^2]);
        Tensor image = inverse.ApplyTransposed(tau);

        Assert.InRange(((image - sigma).norm() / sigma.norm()).item<double>(), 0, 1e-10);
    }

    [Fact]
    public void Keeps_every_condition_where_f_is_linear_for_its_residuals_are_orthogonal()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9, width: 12);
        (IRowInverse inverse, List<Tensor> iterates) = Solve(cell.Evaluate, cell.Injection, evaluations: 8);

        (Tensor Sigma, Tensor Tau)[] conditions = [.. iterates.SkipLast(1).Select(z => Condition(cell.Evaluate, z))];

        Assert.All(conditions, pair => Assert.InRange(
            ((inverse.ApplyTransposed(pair.Tau) - pair.Sigma).norm() / pair.Sigma.norm()).item<double>(), 0, 1e-8));
        for (int i = 1; i < conditions.Length; i++)
        {
            Tensor cosine = nn.functional.cosine_similarity(conditions[i].Sigma, conditions[0].Sigma);
            Assert.InRange(cosine.abs().max().item<double>(), 0, 1e-8);
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.97)]
    [InlineData(3)]
    public void Finds_solution_and_inverse_of_a_linear_f_in_as_many_steps_as_there_are_dimensions(double radius)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius, width: 8);

        (IRowInverse inverse, List<Tensor> iterates) = Solve(cell.Evaluate, cell.Injection, evaluations: 9);

        Assert.InRange(((iterates[^1] - cell.Exact).norm() / cell.Exact.norm()).item<double>(), 0, 1e-6);
        Tensor adjoint = inverse.ApplyTransposed(cell.Cotangent);
        Assert.InRange(((adjoint - cell.ExactAdjoint).norm() / cell.ExactAdjoint.norm()).item<double>(), 0, 1e-6);
    }

    [Fact]
    public void Takes_the_error_out_of_one_direction_with_each_update_and_is_exact_when_orthogonal_ones_span_the_space()
    {
        using IDisposable scope = NewDisposeScope();
        const int n = 6;
        using var random = new Generator(5);
        Tensor matrix = eye(n, dtype: Type) - (0.3 * randn(n, n, dtype: Type, generator: random));
        (Tensor independent, Tensor orthogonal) = Directions(n, random);

        Tensor afterIndependent = Errors(matrix, independent, out Tensor[] projected, out Tensor[] errors);
        Tensor afterOrthogonal = Errors(matrix, orthogonal, out _, out _);

        Assert.All(projected.Zip(errors), pair => Assert.InRange((pair.First - pair.Second).abs().max().item<double>(), 0, 1e-9));
        Assert.True(afterIndependent.norm().item<double>() > 1e-3);
        Assert.InRange(afterOrthogonal.norm().item<double>(), 0, 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Reports_the_evaluations_and_products_it_makes(int outerEvery)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9, width: 10, rows: 4);
        using (no_grad())
        {
            cell.Injection[1].zero_();
        }

        long evaluated = 0;
        long outer = 0;
        var options = new AdjointBroyden(80)
        {
            OuterEvery = outerEvery,
            OuterGradient = (z, places) =>
            {
                outer += z.shape[0];
                return cell.Cotangent.index_select(0, places);
            },
        };
        using TorchSolver solver = Solver(options, cell.Injection, (z, x) =>
        {
            evaluated += z.shape[0];
            return z.matmul(cell.Jacobian.transpose(0, 1)) + x;
        });

        solver.Solve(zeros(2, 10, dtype: Type), RowGrant.Of(1e-6, 40), cell.Injection.narrow(0, 2, 2));
        long products = solver.RowProducts;
        long before = solver.RowEvaluations;
        (evaluated, outer) = (0, 0);
        TorchSolution solution = solver.Solve(zeros_like(cell.Injection), RowGrant.Of(1e-6, 40), cell.Injection);
        products = solver.RowProducts - products;

        Assert.Equal(evaluated, solution.Rows.Sum(row => row.Evaluations));
        Assert.Equal(evaluated, solver.RowEvaluations - before);
        Assert.Equal(solution.Rows.Sum(row => row.Evaluations - 1) + outer, products);
        Assert.Equal(outerEvery == 0 ? 0 : solution.Rows.Sum(row => (row.Evaluations - 1) / outerEvery), outer);
        Assert.Equal(products / 4.0, solution.MeanProducts);
        Assert.Equal(1, solution.Rows[1].Evaluations);
    }

    [Fact]
    public void Answers_a_row_in_a_batch_as_it_does_alone()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        Tensor x = cell.Injection.detach() * tensor(new[] { 0.1, 1, 10 }, [3, 1]);
        Tensor Evaluate(Tensor z, Tensor injection) => (z.matmul(cell.Weight.transpose(0, 1)) + injection).tanh();
        using TorchSolver solver = Solver(new AdjointBroyden(40), x, Evaluate);

        TorchSolution together = solver.Solve(zeros_like(x), RowGrant.Of(1e-6, 40), x);
        Tensor image = together.Inverse!.ApplyTransposed(ones_like(x));

        for (int row = 0; row < 3; row++)
        {
            TorchSolution alone = solver.Solve(zeros(1, SmallCell.Width, dtype: Type), RowGrant.Of(1e-6, 40), x.narrow(0, row, 1));
            Assert.Equal(alone.Rows[0].Evaluations, together.Rows[row].Evaluations);
            Assert.Equal(StopReason.Tolerance, alone.Rows[0].Stop);
            Assert.InRange((alone.State[0] - together.State[row]).abs().max().item<double>(), 0, 1e-9);
            Tensor own = alone.Inverse!.ApplyTransposed(ones(1, SmallCell.Width, dtype: Type));
            Assert.InRange((own[0] - image[row]).abs().max().item<double>(), 0, 1e-9);
        }
    }

    [Fact]
    public void Loses_no_row_to_a_neighbour_whose_f_is_not_finite()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.8);
        Tensor x = cell.Injection.detach().clone();
        x[1].fill_(double.NaN);
        using TorchSolver solver = Solver(new AdjointBroyden(40), x, (z, injection) => z.matmul(cell.Jacobian.transpose(0, 1)) + injection);

        TorchSolution solution = solver.Solve(zeros_like(x), RowGrant.Of(1e-9, 40), x);
        Tensor image = solution.Inverse!.ApplyTransposed(cell.Cotangent);

        Assert.Equal([StopReason.Tolerance, StopReason.Diverged, StopReason.Tolerance], solution.Rows.Select(row => row.Stop));
        Assert.InRange((solution.State[2] - cell.Exact[2]).abs().max().item<double>(), 0, 1e-7);
        Assert.True(image.isfinite().all().item<bool>());
        Assert.Equal(0, (image[1] - cell.Cotangent[1]).abs().max().item<double>());
    }

    [Fact]
    public void Goes_on_with_its_estimate_when_it_may_keep_no_more()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.8, width: 12);
        using TorchSolver solver = Solver(new AdjointBroyden(3), cell.Injection, (z, x) => z.matmul(cell.Jacobian.transpose(0, 1)) + x);

        TorchSolution solution = solver.Solve(zeros_like(cell.Injection), RowGrant.Of(1e-8, 200), cell.Injection);

        Assert.All(solution.Rows, row => Assert.Equal(StopReason.Tolerance, row.Stop));
        Assert.InRange(((solution.State - cell.Exact).norm() / cell.Exact.norm()).item<double>(), 0, 1e-6);
    }

    [Fact]
    public void Refuses_outer_updates_without_an_outer_gradient()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor x = zeros(1, 2, dtype: Type);

        ArgumentException fault = Assert.Throws<ArgumentException>(() => Solver(new AdjointBroyden(3) { OuterEvery = 2 }, x, (z, _) => z));

        Assert.Contains("outer gradient", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A solve in which every row spends its budget, with all iterates.</summary>
    private static (IRowInverse Inverse, List<Tensor> Iterates) Solve(Func<Tensor, Tensor> cell, Tensor like, int evaluations)
    {
        List<Tensor> iterates = [];
        TorchSolver solver = Solver(new AdjointBroyden(evaluations), like, (z, _) =>
        {
            iterates.Add(z.detach().clone().MoveToOuterDisposeScope().MoveToOuterDisposeScope());
            return cell(z);
        });
        TorchSolution solution = solver.Solve(zeros_like(like), RowGrant.Of(1e-16, evaluations), like);
        return (solution.Inverse!, iterates);
    }

    private static TorchSolver Solver(AdjointBroyden options, Tensor like, Func<Tensor, Tensor, Tensor> evaluate) =>
        new((int)like.shape[0], (int)like.shape[1], options, (z, sideInputs) => evaluate(z, sideInputs[0]), Type);

    /// <summary>σ, the residual at z, and τ = (I − Jᵀ)·σ by automatic differentiation.</summary>
    private static (Tensor Sigma, Tensor Tau) Condition(Func<Tensor, Tensor> cell, Tensor z)
    {
        Tensor leaf = z.detach().requires_grad_();
        Tensor mapped = cell(leaf);
        Tensor sigma = (mapped - leaf).detach();
        return (sigma, sigma - autograd.grad([mapped], [leaf], [sigma])[0]);
    }

    private static (Tensor Independent, Tensor Orthogonal) Directions(int n, Generator random)
    {
        Tensor draw = randn(n, n, dtype: Type, generator: random);
        return (draw, linalg.qr(draw).Q);
    }

    /// <summary>A⁻¹ − matrix after updates along the rows of directions: as projected, and as found, after each.</summary>
    private static Tensor Errors(Tensor matrix, Tensor directions, out Tensor[] projected, out Tensor[] errors)
    {
        int n = (int)matrix.shape[0];
        var sums = new RankOneSums(n, n, n, Type, device: null);
        sums.Begin();
        Tensor error = eye(n, dtype: Type) - matrix;
        (projected, errors) = (new Tensor[n], new Tensor[n]);
        for (int i = 0; i < n; i++)
        {
            // Every row of the batch is the same problem, so that the rows of Aᵀ·I are those of A.
            Tensor sigma = directions[i].unsqueeze(0).expand(n, n).contiguous();
            sums.Update(sigma, sigma.matmul(matrix));
            Tensor unit = directions[i] / directions[i].norm();
            error = error - unit.outer(unit.unsqueeze(0).matmul(error).squeeze(0));
            projected[i] = error;
            errors[i] = linalg.inv(sums.ApplyTransposed(eye(n, dtype: Type))) - matrix;
        }

        sums.Dispose();
        return errors[^1];
    }
}
