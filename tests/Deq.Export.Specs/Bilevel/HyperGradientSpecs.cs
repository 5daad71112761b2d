using Deq.Export.Bilevel;

namespace Deq.Export.Specs.Bilevel;

public sealed class HyperGradientSpecs
{
    private const double Lambda = 0.01;

    public static TheoryData<string> Names => [.. HyperGradients.All.Select(way => way.Name)];

    [Fact]
    public void Is_the_slope_of_the_held_out_loss_when_exact()
    {
        BilevelSplit split = BilevelSplit.Of(SmallProblem.Rows(400), 0.3, 0, seed: 1);
        var inner = new InnerProblem(split.Train, memory: 30);
        var outer = new LogisticLoss(split.HeldOut);
        double[] v = new double[outer.Width];
        double[] q = new double[outer.Width];
        double LossAt(double alpha)
        {
            inner.Solve(Math.Exp(alpha), 1e-10, 1000);
            return outer.Value(inner.Weights);
        }

        double difference = (LossAt(Math.Log(Lambda) + 1e-3) - LossAt(Math.Log(Lambda) - 1e-3)) / 2e-3;
        LossAt(Math.Log(Lambda));
        outer.Gradient(inner.Weights, v);
        HyperGradients.Named("conjugate-gradient").Solve(inner, Lambda, v, 1e-12, q);
        double slope = -Lambda * System.Numerics.Tensors.TensorPrimitives.Dot(q, inner.Weights);

        Assert.Equal(difference, slope, 1e-6 + (1e-3 * Math.Abs(difference)));
        Assert.True(Math.Abs(slope) > 1e-4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Leads_the_search_to_the_best_held_out_loss(string name)
    {
        BilevelSplit split = BilevelSplit.Of(SmallProblem.Rows(400), 0.3, 0.1, seed: 1);
        double best = Enumerable.Range(-12, 25).Min(half => LossAt(split, Math.Exp(half / 2.0) / split.Train.Labels.Length));

        IReadOnlyList<OuterStep> steps = RegularizationSearch.Run(
            split, HyperGradients.Named(name), outerSteps: 30, TestContext.Current.CancellationToken);

        Assert.InRange(steps.Min(step => step.HeldOutLoss), 0, best + 5e-4);
        Assert.True(steps[0].HeldOutLoss > best + 1e-3);
    }

    [Fact]
    public void Comes_close_to_the_exact_product_in_the_direction_it_was_made_aware_of()
    {
        double[] plain = [.. Enumerable.Range(0, 15).Select(trial => Cosine(trial, isAware: false)).Order()];
        double[] aware = [.. Enumerable.Range(0, 15).Select(trial => Cosine(trial, isAware: true)).Order()];

        Assert.InRange(aware[7], 0.99, 1);
        Assert.True(plain[7] < 0.9);
    }

    private static double Cosine(int trial, bool isAware)
    {
        var inner = new InnerProblem(SmallProblem.Rows(seed: trial), isAware ? 60 : 30);
        double[] v = SmallProblem.Normals(new Random(1000 + trial), 30);
        double[] exact = new double[30];
        double[] estimate = new double[30];
        inner.Solve(Lambda, 1e-6, 1000, isAware ? (_, direction) => v.CopyTo(direction) : null);
        HyperGradients.Named("conjugate-gradient").Solve(inner, Lambda, v, 1e-12, exact);
        HyperGradients.Named("shine").Solve(inner, Lambda, v, 0, estimate);
        return SmallProblem.Cosine(exact, estimate);
    }

    private static double LossAt(BilevelSplit split, double lambda)
    {
        var inner = new InnerProblem(split.Train, memory: 30);
        inner.Solve(lambda, 1e-8, 1000);
        return new LogisticLoss(split.HeldOut).Value(inner.Weights);
    }
}
