using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

/// <summary>Rows that are ended from outside the loop, between two steps.</summary>
public sealed class FinishedRowSpecs
{
    private static readonly RowGrant Grant = RowGrant.Of(1e-5, 200);

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    [Theory, MemberData(nameof(Methods))]
    public void Gives_its_best_iterate_and_changes_nothing_in_its_neighbours(string method)
    {
        int[] seeds = [1, 2, 3];
        SolvedProblem alone = SolvedProblem.From(NamedProblems.Relu, MethodCatalogue.Method(method), Grant, 3);
        SolvedProblem cut = SolvedProblem.From(NamedProblems.Relu, MethodCatalogue.Method(method), RowGrant.Of(1e-5, 4), 1);
        var space = new HostStateSpace(seeds.Length, NamedProblems.Relu.Width);
        var map = new ProblemMap(space, NamedProblems.Relu);
        var batch = new RunningBatch(space, map, MethodCatalogue.Method(method), TimeProvider.System);
        foreach (int seed in seeds)
        {
            batch.Join(Grant, out int row);
            map.Place(row, NamedProblems.Relu.Injection(seed));
            space.Row(batch.IterateSlot, row).Clear();
        }

        var ends = new Dictionary<int, (RowSolution Solution, float[] State)>();
        for (int step = 0; batch.Rows > 0; step++)
        {
            batch.Step();
            if (step == 3)
            {
                Assert.Equal((0, 4, false), (batch.Standing(0).Ticket, batch.Standing(0).Evaluations, batch.Standing(0).IsDone));
                batch.Finish(0, StopReason.Stable);
                Assert.True(batch.Standing(0).IsDone);
            }

            foreach (FinishedRow done in batch.Finished)
            {
                ends.Add(done.Ticket, (done.Solution, space.Row(done.Slot, done.Row).ToArray()));
            }

            batch.Release();
        }

        Assert.Equal(cut.Solution.Rows[0] with { Stop = StopReason.Stable }, ends[0].Solution);
        Assert.Equal(cut.State(0), ends[0].State);
        Assert.Equal(alone.Solution.Rows[0], ends[2].Solution);
        Assert.Equal(alone.State(0), ends[2].State);
    }
}
