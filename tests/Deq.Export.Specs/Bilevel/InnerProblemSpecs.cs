using System.Numerics.Tensors;
using Deq.Benchmarks.Bilevel;

namespace Deq.Export.Specs.Bilevel;

public sealed class InnerProblemSpecs
{
    private const double Lambda = 0.01;

    [Fact]
    public void Has_the_derivatives_that_finite_differences_give()
    {
        var loss = new LogisticLoss(SmallProblem.Rows());
        double[] w = SmallProblem.Normals(new Random(4), loss.Width);
        double[] direction = SmallProblem.Normals(new Random(5), loss.Width);
        double[] gradient = new double[loss.Width];
        double[] curvature = new double[loss.Width];
        const double step = 1e-4;

        loss.Gradient(w, gradient);
        loss.Linearise(w);
        loss.MultiplyCurvature(direction, curvature);

        (double before, double here, double after) = (loss.Value(Moved(w, direction, -step)), loss.Value(w), loss.Value(Moved(w, direction, step)));
        Assert.Equal((after - before) / (2 * step), TensorPrimitives.Dot<double>(gradient, direction), 1e-7);
        Assert.Equal((after - (2 * here) + before) / (step * step), TensorPrimitives.Dot<double>(curvature, direction), 1e-5);
    }

    [Fact]
    public void Multiplies_alike_by_entries_and_by_whole_rows()
    {
        LabelledRows rows = SmallProblem.Rows(count: 20, width: 7);
        double[] x = SmallProblem.Normals(new Random(1), 7);
        double[] r = SmallProblem.Normals(new Random(2), 20);
        double[] padded = [.. x, 0];
        SparseMatrix wide = Widened(rows.Features, r.Length, x.Length);
        (double[] dense, double[] sparse) = (new double[20], new double[20]);
        (double[] denseBack, double[] sparseBack) = (new double[7], new double[8]);

        rows.Features.Multiply(x, dense);
        wide.Multiply(padded, sparse);
        rows.Features.MultiplyTransposed(r, denseBack);
        wide.MultiplyTransposed(r, sparseBack);

        Assert.All(dense.Zip(sparse), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.All(denseBack.Zip(sparseBack), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(TensorPrimitives.Dot<double>(dense, r), TensorPrimitives.Dot<double>(denseBack, x), 1e-12);
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-8)]
    public void Ends_where_the_gradient_is_as_small_as_asked(double tolerance)
    {
        LabelledRows rows = SmallProblem.Rows();
        var inner = new InnerProblem(rows, memory: 30);
        double[] gradient = new double[30];

        inner.Solve(Lambda, tolerance, mostIterations: 1000);

        new LogisticLoss(rows).Gradient(inner.Weights, gradient);
        TensorPrimitives.MultiplyAdd(inner.Weights, Lambda, gradient, gradient);
        Assert.InRange(TensorPrimitives.Norm<double>(gradient), 0, tolerance);
    }

    [Fact]
    public void Estimates_the_inverse_exactly_from_as_many_conjugate_steps_as_there_are_dimensions()
    {
        const int width = 6;
        double[] diagonal = [1, 2, 3, 5, 8, 13];
        var space = new VectorSpace(width);
        var pairs = new SecantPairs(space, memory: width);
        int slot = space.Allocate(1);
        foreach (double[] step in Enumerable.Range(0, width).Select(i => Unit(width, i, 0.3 * (i + 1))))
        {
            pairs.Add(step, [.. step.Zip(diagonal, (s, d) => s * d)]);
        }

        diagonal.CopyTo(space[slot]);
        pairs.Apply(slot);

        Assert.All(space[slot].ToArray(), value => Assert.Equal(1, value, 1e-12));
    }

    [Fact]
    public void Takes_the_newest_change_to_the_newest_step_whatever_the_memory_has_dropped()
    {
        var random = new Random(3);
        var space = new VectorSpace(9);
        var pairs = new SecantPairs(space, memory: 3);
        int slot = space.Allocate(1);
        double[] step = [];
        for (int i = 0; i < 7; i++)
        {
            step = SmallProblem.Normals(random, 9);
            double[] change = [.. step.Select((s, j) => s * (1 + j))];
            pairs.Add(step, change);
            change.CopyTo(space[slot]);
        }

        pairs.Add(step, [.. step.Select(s => -s)]);
        pairs.Add(step, [.. step.Select((s, j) => s * (1 + j))]);
        pairs.Apply(slot);

        Assert.All(space[slot].ToArray().Zip(step), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    private static double[] Moved(double[] w, double[] direction, double step) => [.. w.Zip(direction, (a, b) => a + (step * b))];

    private static double[] Unit(int width, int place, double length) => [.. Enumerable.Range(0, width).Select(i => i == place ? length : 0)];

    /// <summary>The same matrix with one column more that has no entries.</summary>
    private static SparseMatrix Widened(SparseMatrix dense, int rows, int width)
    {
        double[] values = new double[rows * width];
        double[] image = new double[rows];
        for (int column = 0; column < width; column++)
        {
            dense.Multiply(Unit(width, column, 1), image);
            for (int row = 0; row < rows; row++)
            {
                values[(row * width) + column] = image[row];
            }
        }

        int[] starts = [.. Enumerable.Range(0, rows + 1).Select(row => row * width)];
        return new SparseMatrix(starts, [.. Enumerable.Range(0, values.Length).Select(i => i % width)], values, width + 1);
    }
}
