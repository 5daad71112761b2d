using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

/// <summary>Anderson acceleration on rows so long that it estimates inner products.</summary>
public sealed class DifferenceUseSpecs
{
    private const int Width = SampledTiles.SmallestWidth + 77;
    private static readonly AndersonAcceleration Sampled = new();
    private static readonly AndersonAcceleration Exact = new() { SamplesLongRows = false };

    /// <summary>f_i(z) = a_i·z_i + x_i, a_i evenly spread over (−ρ, ρ), in an order unlike that of the tiles.</summary>
    private static readonly NamedProblem Linear = Diagonal("long-linear", i => (float)(0.95 * ((2.0 * (i * 7919L % Width) / Width) - 1)));

    /// <summary>f_i(z) = tanh(0.9·z_(i+1) − 0.4·z_(i+33) + x_i), neighbours in a ring.</summary>
    private static readonly NamedProblem Tanh = new("long-tanh", Width, (row, z, fz) =>
    {
        for (int i = 0; i < fz.Length; i++)
        {
            fz[i] = MathF.Tanh((0.9f * z[(i + 1) % Width]) - (0.4f * z[(i + 33) % Width]) + row.Injection[i]);
        }
    });

    public static MatrixTheoryData<string, double> Solves => new([Linear.Name, Tanh.Name], [1e-2, 1e-4, 1e-6]);

    public static TheoryData<string> Problems => [Linear.Name, Tanh.Name];

    [Theory, MemberData(nameof(Solves))]
    public void Converge_within_a_few_evaluations_of_exact_products(string name, double tolerance)
    {
        SolvedProblem exact = Solve(name, Exact, MethodCatalogue.Grant(tolerance), 1, 2, 3);

        SolvedProblem sampled = Solve(name, Sampled, MethodCatalogue.Grant(tolerance), 1, 2, 3);

        for (int row = 0; row < 3; row++)
        {
            int evaluations = exact.Solution.Rows[row].Evaluations;
            Assert.True(sampled.Solution.Rows[row].Converged);
            Assert.InRange(sampled.Solution.Rows[row].Evaluations, 1, evaluations + 2 + (evaluations / 10));
        }
    }

    [Theory, MemberData(nameof(Problems))]
    public void Report_the_residual_of_the_whole_row(string name)
    {
        SolvedProblem solved = Solve(name, Sampled, MethodCatalogue.Grant(1e-30, 20), 1, 2);

        for (int row = 0; row < 2; row++)
        {
            double exact = solved.Rows[row].SmallestResidual;
            Assert.Equal(exact, solved.Solution.Rows[row].Residual, 1e-5 * exact);
            Assert.Equal(solved.Rows[row].BestState, solved.State(row));
        }
    }

    [Theory, MemberData(nameof(Problems))]
    public void Have_the_same_bits_alone_and_in_a_batch(string name)
    {
        SolvedProblem together = Solve(name, Sampled, MethodCatalogue.Grant(1e-5), 1, 2, 3);

        for (int row = 0; row < 3; row++)
        {
            SolvedProblem alone = Solve(name, Sampled, MethodCatalogue.Grant(1e-5), row + 1);
            Assert.Equal(alone.Solution.Rows[0], together.Solution.Rows[row]);
            Assert.Equal(alone.State(0), together.State(row));
        }
    }

    /// <summary>The estimates are in fact others; were they not, the rest of these specs would say nothing.</summary>
    [Fact]
    public void Are_solved_by_estimates_unless_the_method_may_not()
    {
        float[] exact = Solve(Linear.Name, Exact, MethodCatalogue.Grant(1e-30, 10), 1).Solution.State;

        Assert.NotEqual(exact, Solve(Linear.Name, Sampled, MethodCatalogue.Grant(1e-30, 10), 1).Solution.State);
    }

    /// <summary>Mixing reads the numbers of every difference, so they are all there and nothing is estimated.</summary>
    [Fact]
    public void Are_solved_exactly_where_mixing_reads_differences()
    {
        float[] exact = Solve(Linear.Name, Exact with { Mixing = 0.8 }, MethodCatalogue.Grant(1e-5), 1).Solution.State;

        Assert.Equal(exact, Solve(Linear.Name, Sampled with { Mixing = 0.8 }, MethodCatalogue.Grant(1e-5), 1).Solution.State);
    }

    [Fact]
    public void One_short_of_long_are_solved_exactly()
    {
        const int width = SampledTiles.SmallestWidth - 1;
        NamedProblem problem = Linear with { Width = width };
        float[] exact = SolvedProblem.From(problem, Exact, MethodCatalogue.Grant(1e-5), 1).Solution.State;

        Assert.Equal(exact, SolvedProblem.From(problem, Sampled, MethodCatalogue.Grant(1e-5), 1).Solution.State);
    }

    /// <summary>
    /// What is left to find lies where no tile is, at an eigenvalue near −1, and the tiles show eigenvalues near 1: weights made for these would
    /// multiply the rest by twenty. The part does not stand for the whole, so steps are plain, and no slower than Picard's.
    /// </summary>
    [Fact]
    public void Whose_residual_the_part_does_not_show_converge_as_fast_as_Picard()
    {
        bool[] isKept = new bool[Width];
        for (int group = 0; group < Width / 128; group++)
        {
            isKept.AsSpan((128 * group) + SampledTiles.TileOf(group, stride: 8), 16).Fill(true);
        }

        NamedProblem hidden = Diagonal("hidden", i => isKept[i] ? 0.9f + (0.01f * (i % 8)) : -0.9f, i => isKept[i] ? 1e-3f : 1);
        SolvedProblem picard = SolvedProblem.From(hidden, new PicardIteration(), MethodCatalogue.Grant(1e-4), 1, 2);

        SolvedProblem sampled = SolvedProblem.From(hidden, Sampled, MethodCatalogue.Grant(1e-4), 1, 2);

        Assert.All(picard.Solution.Rows.Zip(sampled.Solution.Rows), pair => Assert.InRange(pair.Second.Evaluations, 1, pair.First.Evaluations + 3));
    }

    [Fact]
    public void Allocate_nothing_per_evaluation()
    {
        var space = new HostStateSpace(2, Width);
        var map = new ProblemMap(space, Tanh);
        var batch = new RunningBatch(space, map, Sampled, TimeProvider.System);
        for (int seed = 1; seed <= 2; seed++)
        {
            batch.Join(MethodCatalogue.Grant(1e-30), out int row);
            map.Place(row, Tanh.Injection(seed));
            space.Row(batch.IterateSlot, row).Clear();
        }

        Step(batch, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(batch, 5);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(2, batch.Rows);
    }

    private static void Step(RunningBatch batch, int times)
    {
        for (int step = 0; step < times; step++)
        {
            batch.Step();
        }
    }

    private static SolvedProblem Solve(string name, IFixedPointMethod method, RowGrant grant, params int[] seeds) =>
        SolvedProblem.From(name == Linear.Name ? Linear : Tanh, method, grant, seeds);

    private static NamedProblem Diagonal(string name, Func<int, float> eigenvalue, Func<int, float>? strength = null)
    {
        float[] eigenvalues = [.. Enumerable.Range(0, Width).Select(eigenvalue)];
        float[] strengths = [.. Enumerable.Range(0, Width).Select(strength ?? (_ => 1))];
        return new NamedProblem(name, Width, (row, z, fz) =>
        {
            for (int i = 0; i < fz.Length; i++)
            {
                fz[i] = (eigenvalues[i] * z[i]) + (strengths[i] * row.Injection[i]);
            }
        });
    }
}
