using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class CycleWatchSpecs
{
    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    public static TheoryData<int> Periods { get; } = [2, 3, 5, 7, 40];

    [Theory, MemberData(nameof(Periods))]
    public void Names_the_period_of_states_that_repeat(int period)
    {
        RowSolution solution = Picard(Rotation(period), evaluations: 2000);

        Assert.Equal((StopReason.Cycle, period), (solution.Stop, solution.Period));
        Assert.True(solution.Evaluations < 60 + (6 * period), $"It took {solution.Evaluations} evaluations.");
        Assert.False(solution.Converged);
    }

    [Fact]
    public void Finds_a_cycle_behind_a_long_way_into_it()
    {
        // The logistic map at 3.2 has a cycle of period 2; the second number only delays the residual's rest.
        NamedProblem logistic = new("logistic", 2, (_, z, fz) =>
        {
            fz[0] = 3.2f * (z[0] + 0.1f) * (1 - (z[0] + 0.1f)) - 0.1f;
            fz[1] = (0.9f * z[1]) + 1;
        });

        RowSolution solution = Picard(logistic, evaluations: 2000);

        Assert.Equal((StopReason.Cycle, 2), (solution.Stop, solution.Period));
    }

    [Theory]
    [InlineData(0.999)]
    [InlineData(-0.999)]
    [InlineData(0.9999)]
    [InlineData(-0.9997)]
    public void Calls_no_slow_solve_a_cycle(double factor)
    {
        NamedProblem slow = NamedProblems.LinearOf("slow", new SquareMatrix(new[,] { { factor } }), Math.Abs(factor));

        RowSolution solution = Picard(slow, evaluations: 20_000, tolerance: 1e-3);

        Assert.NotEqual(StopReason.Cycle, solution.Stop);
        Assert.Null(solution.Period);
    }

    [Fact]
    public void Calls_no_slow_spiral_a_cycle()
    {
        double turn = 2 * Math.PI / 3;
        (double sine, double cosine) = Math.SinCos(turn);
        var matrix = new SquareMatrix(new[,] { { 0.999 * cosine, -0.999 * sine }, { 0.999 * sine, 0.999 * cosine } });

        RowSolution solution = Picard(NamedProblems.LinearOf("spiral", matrix, 0.999), evaluations: 20_000, tolerance: 1e-3);

        Assert.Equal(StopReason.Tolerance, solution.Stop);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Stops_nothing_that_converges(string method)
    {
        foreach (NamedProblem problem in NamedProblems.Solvable)
        {
            SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2, 3);

            Assert.All(solved.Solution.Rows, row => Assert.Equal(StopReason.Tolerance, row.Stop));
        }
    }

    [Fact]
    public void Changes_nothing_for_neighbours_and_stops_each_row_by_its_own_period()
    {
        NamedProblem mixed = new("mixed", 5, (row, z, fz) => Rotation(row.Injection[0] > 0 ? 5 : 2).Evaluate(row, z, fz));
        int[] seeds = [1, 2, 3, 4, 5, 6];
        RowGrant grant = MethodCatalogue.Grant(1e-4, 500);

        SolvedProblem together = SolvedProblem.From(mixed, new PicardIteration(), grant, seeds);

        Assert.Equal([2, 5], together.Solution.Rows.Select(row => row.Period!.Value).Distinct().Order());
        for (int row = 0; row < seeds.Length; row++)
        {
            SolvedProblem alone = SolvedProblem.From(mixed, new PicardIteration(), grant, seeds[row]);
            Assert.Equal(alone.Solution.Rows[0], together.Solution.Rows[row]);
            Assert.Equal(alone.State(0), together.State(row));
        }
    }

    [Fact]
    public void Allocates_nothing_while_it_compares()
    {
        var space = new HostStateSpace(2, 97);
        var map = new HostMap(space, (_, z, fz) =>
        {
            z[..^1].CopyTo(fz[1..]);
            fz[0] = z[^1] + (z[0] == 0 ? 1e-3f : 0);
        });
        var batch = new RunningBatch(space, map, new PicardIteration(), TimeProvider.System);
        batch.Join(RowGrant.Of(1e-6, 100_000), out int row);
        space.Row(batch.IterateSlot, row)[0] = 1;
        for (int i = 0; i < 20; i++)
        {
            batch.Step();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            batch.Step();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Empty(batch.Finished);
    }

    private static RowSolution Picard(NamedProblem problem, int evaluations, double tolerance = 1e-4) =>
        SolvedProblem.From(problem, new PicardIteration(), MethodCatalogue.Grant(tolerance, evaluations), 1).Solution.Rows[0];

    /// <summary>Moves every number to the next place, the last to the first of <paramref name="period"/> places, and replaces those beyond by a constant.</summary>
    private static NamedProblem Rotation(int period) => new($"rotation-{period}", Math.Max(period, 5), (row, z, fz) =>
    {
        row.Injection.CopyTo(fz);
        if (row.Evaluations > 0)
        {
            fz[0] = z[period - 1];
            z[..(period - 1)].CopyTo(fz[1..]);
        }
    });
}
