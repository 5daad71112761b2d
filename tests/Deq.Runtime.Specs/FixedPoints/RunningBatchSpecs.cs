using CsCheck;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class RunningBatchSpecs
{
    private const int Capacity = 4;

    /// <summary>Some rows are slow, some fast, some not finite once, some for ever.</summary>
    private static readonly NamedProblem Mixed = NamedProblems.Relu with
    {
        Name = "mixed",
        Evaluate = (row, z, fz) =>
        {
            NamedProblems.Relu.Evaluate(row, z, fz);
            if ((row.Injection[0] > 0.8 && row.Evaluations == 3) || (row.Injection[0] < -1.2 && row.Evaluations >= 2))
            {
                fz[1] = float.NaN;
            }
        },
    };

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    /// <summary>A script is a sequence of joins (a seed each, with its own tolerance and budget) and steps (null).</summary>
    private static Gen<int?[]> Scripts { get; } =
        Gen.Frequency((2, Gen.Int[0, 60].Select(seed => (int?)seed)), (5, Gen.Const((int?)null))).Array[5, 60];

    [Theory, MemberData(nameof(Methods))]
    public void Neighbours_that_come_and_go_change_nothing_in_a_row(string method)
    {
        Dictionary<int, SolvedProblem> alone = Enumerable.Range(0, 61)
            .ToDictionary(seed => seed, seed => SolvedProblem.From(Mixed, MethodCatalogue.Method(method), GrantOf(seed), seed));

        Scripts.Sample(
            script => Play(script, MethodCatalogue.Method(method), (seed, done, state) =>
            {
                Assert.Equal(alone[seed].Solution.Rows[0], done.Solution);
                Assert.Equal(alone[seed].State(0), state);
            }),
            seed: "0N0XIzNsQ0O2",
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void Tickets_are_never_given_twice()
    {
        var space = new HostStateSpace(2, NamedProblems.Zero.Width);
        var map = new ProblemMap(space, NamedProblems.Zero);
        var batch = new RunningBatch(space, map, new PicardIteration(), TimeProvider.System);

        List<int> tickets = [];
        for (int i = 0; i < 10; i++)
        {
            tickets.Add(batch.Join(new RowGrant(), out int row));
            map.Place(row, new float[3]);
            batch.Step();
        }

        Assert.Equal(tickets.Distinct(), tickets);
    }

    [Fact]
    public void A_full_batch_refuses_a_row_and_names_its_capacity()
    {
        var space = new HostStateSpace(2, NamedProblems.Zero.Width);
        var batch = new RunningBatch(space, new ProblemMap(space, NamedProblems.Zero), new PicardIteration(), TimeProvider.System);
        batch.Join(new RowGrant(), out _);
        batch.Join(new RowGrant(), out _);

        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => batch.Join(new RowGrant(), out _));

        Assert.Contains("2 rows", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_batch_steps_without_evaluating()
    {
        var space = new HostStateSpace(2, NamedProblems.Zero.Width);
        var batch = new RunningBatch(space, new ProblemMap(space, NamedProblems.Zero), new PicardIteration(), TimeProvider.System);

        batch.Step();

        Assert.Equal(0, batch.RowEvaluations);
        Assert.Empty(batch.Finished);
    }

    [Fact]
    public void Row_evaluations_are_those_the_map_made()
    {
        var space = new HostStateSpace(Capacity, Mixed.Width);
        var map = new ProblemMap(space, Mixed);
        var batch = new RunningBatch(space, map, new AndersonAcceleration(), TimeProvider.System);
        PlacedRow[] placed = [.. Enumerable.Range(0, Capacity).Select(seed => Join(batch, map, space, seed))];

        FixedPoint.Run(batch, _ => { });

        Assert.Equal(placed.Sum(row => row.Evaluations), batch.RowEvaluations);
    }

    private static void Play(int?[] script, IFixedPointMethod method, Action<int, FinishedRow, float[]> finished)
    {
        var space = new HostStateSpace(Capacity, Mixed.Width);
        var map = new ProblemMap(space, Mixed);
        var batch = new RunningBatch(space, map, method, TimeProvider.System);
        Dictionary<int, int> seeds = [];
        int next = 0;
        foreach (int? seed in script)
        {
            if (seed is { } joining && batch.Rows - batch.Finished.Count < Capacity)
            {
                Join(batch, map, space, joining);
                seeds[next++] = joining;
            }
            else
            {
                batch.Step();
                Report(batch, space, seeds, finished);
            }
        }

        FixedPoint.Run(batch, done => finished(seeds[done.Ticket], done, space.Row(done.Slot, done.Row).ToArray()));
    }

    private static void Report(RunningBatch batch, HostStateSpace space, Dictionary<int, int> seeds, Action<int, FinishedRow, float[]> finished)
    {
        foreach (FinishedRow done in batch.Finished)
        {
            finished(seeds[done.Ticket], done, space.Row(done.Slot, done.Row).ToArray());
        }
    }

    private static PlacedRow Join(RunningBatch batch, ProblemMap map, HostStateSpace space, int seed)
    {
        batch.Join(GrantOf(seed), out int row);
        space.Row(batch.IterateSlot, row).Clear();
        return map.Place(row, Mixed.Injection(seed));
    }

    private static RowGrant GrantOf(int seed) => MethodCatalogue.Grant(Math.Pow(10, -1 - (seed % 5)), 3 + (seed % 23));
}
