using Deq.Runtime.Specs.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.Implicit;

public sealed class AdjointMapSpecs
{
    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    /// <summary>The residual bounds the error by ρ/(1 − ρ), here 9; 1e-5 leaves 1e-4 of the largest number.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Equal_the_dense_solve_with_the_transposed_Jacobian_in_every_row(string method)
    {
        SquareMatrix jacobian = NamedProblems.Find("linear-0.9").Matrix!;
        SquareMatrix skewed = SquareMatrix.Random(31, jacobian.Width, 0.4);
        var space = new HostStateSpace(4, jacobian.Width);
        SquareMatrix[] transposed = [jacobian.Transposed(), skewed.Transposed()];
        var adjoint = new AdjointMap(space, new HostMap(space, (row, u, product) => transposed[row % 2].Multiply(u, product)));
        float[][] cotangents = [.. Enumerable.Range(0, 4).Select(NamedProblems.Tanh.Injection)];
        for (int row = 0; row < 4; row++)
        {
            cotangents[row].CopyTo(space.Row(adjoint.CotangentSlot, row));
        }

        FixedPointSolution solution = HostFixedPoint.Solve(space, adjoint, MethodCatalogue.Method(method), new float[4 * space.Width], MethodCatalogue.Grant(1e-5));

        for (int row = 0; row < 4; row++)
        {
            double[] exact = transposed[row % 2].SolveIdentityMinus(cotangents[row]);
            double largest = exact.Max(Math.Abs);
            Assert.True(solution.Rows[row].Converged);
            Assert.All(exact.Zip(solution.State[(row * space.Width)..]), pair => Assert.Equal(pair.First, pair.Second, 3e-4 * largest));
        }
    }
}
