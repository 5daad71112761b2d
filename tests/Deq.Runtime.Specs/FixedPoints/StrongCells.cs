using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class StrongCells
{
    private static readonly int[] Seeds = [.. Enumerable.Range(1, 40)];

    [Theory]
    [InlineData("anderson")]
    [InlineData("broyden")]
    public void Have_fixed_points_that_repel_Picard_and_that_the_other_methods_find(string method)
    {
        RowGrant grant = Catalogue.Grant(1e-3, 150);
        SolvedProblem picard = SolvedProblem.From(NamedProblems.StrongTanh, new PicardIteration(), grant, Seeds);

        SolvedProblem solved = SolvedProblem.From(NamedProblems.StrongTanh, Catalogue.Method(method), grant, Seeds);

        Assert.InRange(picard.Solution.Rows.Count(row => row.Converged), 0, 20);
        Assert.InRange(solved.Solution.Rows.Count(row => row.Converged), 39, 40);
        Assert.InRange(solved.Solution.Rows.Average(row => row.Evaluations), 1, 40);
    }
}
