using System.Numerics;
using System.Numerics.Tensors;
using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class AccelerationFailuresSpecs
{
    private static readonly int[] Seeds = [.. Enumerable.Range(1, 40)];

    [Theory]
    [InlineData("anderson")]
    [InlineData("broyden")]
    public void Have_fixed_points_that_repel_Picard_and_that_the_other_methods_find(string method)
    {
        RowGrant grant = MethodCatalogue.Grant(1e-3, 150);
        SolvedProblem picard = SolvedProblem.From(NamedProblems.StrongTanh, new PicardIteration(), grant, Seeds);

        SolvedProblem solved = SolvedProblem.From(NamedProblems.StrongTanh, MethodCatalogue.Method(method), grant, Seeds);

        Assert.InRange(picard.Solution.Rows.Count(row => row.Converged), 0, 20);
        Assert.InRange(solved.Solution.Rows.Count(row => row.Converged), 39, 40);
        Assert.InRange(solved.Solution.Rows.Average(row => row.Evaluations), 1, 40);
    }

    /// <summary>
    /// f does not expand, but has kinks everywhere and no smaller contraction: secants mislead, and restarts repeat. Accelerated to the end,
    /// 37 rows converge within 400 evaluations; undamped Picard iteration finds none.
    /// </summary>
    [Fact]
    public void Whose_kinks_mislead_acceleration_again_and_again_are_solved_by_falling_back_to_damped_iteration()
    {
        const int width = 8;
        SquareMatrix rotation = SquareMatrix.OfComplexPairs(
            5, [.. Enumerable.Range(0, width / 2).Select(i => Complex.FromPolarCoordinates(1, 0.4 + (2.0 * i / width)))]);
        NamedProblem kinked = new("kinked", width, (row, z, fz) =>
        {
            float[] bent = [.. z.ToArray().Select(Triangle)];
            rotation.Multiply(bent, fz);
            TensorPrimitives.Add(fz, row.Injection, fz);
        });

        SolvedProblem solved = SolvedProblem.From(kinked, new AndersonAcceleration(), MethodCatalogue.Grant(1e-3, 400), Seeds);
        SolvedProblem picard = SolvedProblem.From(kinked, new PicardIteration(), MethodCatalogue.Grant(1e-3, 400), Seeds);

        Assert.All(solved.Solution.Rows, row => Assert.True(row.Converged));
        Assert.InRange(solved.Solution.Rows.Average(row => row.Evaluations), 1, 60);
        Assert.DoesNotContain(picard.Solution.Rows, row => row.Converged);
    }

    /// <summary>A triangle wave of slopes ±1, height 1/2 and period 2.</summary>
    private static float Triangle(float number)
    {
        float phase = (2 * number) - (4 * MathF.Floor(((2 * number) + 1) / 4));
        return (phase <= 1 ? phase : 2 - phase) / 2;
    }
}
