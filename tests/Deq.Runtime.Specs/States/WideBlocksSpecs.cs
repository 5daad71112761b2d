using System.Diagnostics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Specs.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.States;

/// <summary>What a host space does in one pass against the same made of the two primitives, by both of its arithmetics.</summary>
public sealed class WideBlocksSpecs
{
    private const int Slots = 12;
    private const int Rows = 3;

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    /// <summary>Around the length of one block of a pass, 2048, of a tile, 64, and of vector registers.</summary>
    public static MatrixTheoryData<int, bool> WidthsAndArithmetics =>
        new([1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 2047, 2048, 2049, 5000], [true, false]);

    /// <summary>Single precision within a block: an error of some ulps of Σ|a·b|; differences are the same bits.</summary>
    [Theory, MemberData(nameof(WidthsAndArithmetics))]
    public void Measure_what_the_primitives_measure(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        HostStateSpace twin = Filled(width, isWide);
        int[] others = [3, 4, 5, 6, 7, 8];
        (double[] products, double[] magnitudes) = (new double[Rows * 7], new double[Rows]);
        (double[] expected, double[] expectedMagnitudes) = (new double[Rows * 7], new double[Rows]);

        space.Measure(0, 1, 2, keep: true, others, products, magnitudes, Rows);
        ((IStateSpace)new PrimitiveSpace(twin)).Measure(0, 1, 2, keep: true, others, expected, expectedMagnitudes, Rows);

        Assert.Equal(twin[2], space[2]);
        AssertNear(expectedMagnitudes, magnitudes, width);
        AssertNear(expected, products, width);
    }

    [Theory, MemberData(nameof(WidthsAndArithmetics))]
    public void Measure_the_same_whether_the_difference_is_kept_or_not(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        float[] untouched = [.. space[2]];
        (double[] passing, double[] kept) = (new double[Rows * 3], new double[Rows * 3]);
        (double[] passingMagnitudes, double[] keptMagnitudes) = (new double[Rows], new double[Rows]);

        space.Measure(0, 1, 2, keep: false, [3, 4], passing, passingMagnitudes, Rows);
        float[] after = [.. space[2]];
        space.Measure(0, 1, 2, keep: true, [3, 4], kept, keptMagnitudes, Rows);

        Assert.Equal(untouched, after);
        Assert.Equal(kept, passing);
        Assert.Equal(keptMagnitudes, passingMagnitudes);
    }

    [Theory, MemberData(nameof(WidthsAndArithmetics))]
    public void Step_as_the_primitives_step(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        HostStateSpace twin = Filled(width, isWide);
        int[] vectors = [1, 3, 4];
        double[] weights = [0.5, -2, 3.25, 0, 0, 0, 1, 0, -0.25];
        (double[] products, double[] expected) = (new double[Rows * 2], new double[Rows * 2]);

        space.Step(vectors, weights, 2, 0, [2, 5], products, Rows);
        ((IStateSpace)new PrimitiveSpace(twin)).Step(vectors, weights, 2, 0, [2, 5], expected, Rows);

        Assert.All(twin[2].Zip(space[2]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.All(twin[0].Zip(space[0]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        AssertNear(expected, products, 25 * width);
    }

    /// <summary>Both read numbers in the same order, but sum in lanes of their own number.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(5000)]
    public void Are_the_same_by_both_arithmetics_but_for_rounding(int width)
    {
        (HostStateSpace wide, HostStateSpace portable) = (Filled(width, isWide: true), Filled(width, isWide: false));
        (double[] wideProducts, double[] portableProducts) = (new double[Rows * 6], new double[Rows * 6]);
        double[] weights = [.. Enumerable.Repeat(new[] { 0.5, -2, 3.25, 1, 0.125, 0.25 }, Rows).SelectMany(row => row)];

        foreach ((HostStateSpace space, double[] products) in new[] { (wide, wideProducts), (portable, portableProducts) })
        {
            space.Combine([0, 1, 2, 3, 4, 5], weights, 6, Rows);
            space.InnerProducts(6, [0, 1, 2, 3, 4, 6], products, Rows);
        }

        Assert.All(wide[6].Zip(portable[6]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        AssertNear(portableProducts, wideProducts, 25 * width);
    }

    /// <summary>A row may stand beside rows of longer histories, which make an operation name more vectors.</summary>
    [Theory, MemberData(nameof(WidthsAndArithmetics))]
    public void Give_a_row_the_same_bits_however_many_vectors_its_neighbours_need(int width, bool isWide)
    {
        HostStateSpace space = Filled(width, isWide);
        (double[] few, double[] many) = (new double[Rows], new double[Rows * 9]);
        double[] weights = [2, 3, 2, 3, 2, 3];
        double[] padded = [2, 0, 3, 0, 0, 0, 2, 0, 3, 0, 0, 0, 2, 0, 3, 0, 0, 0];

        space.InnerProducts(0, [4], few, Rows);
        space.InnerProducts(0, [1, 2, 3, 4, 5, 6, 7, 8, 9], many, Rows);
        space.Combine([1, 3], weights, 10, Rows);
        space.Combine([1, 2, 3, 4, 5, 6], padded, 11, Rows);

        Assert.Equal(few, Enumerable.Range(0, Rows).Select(row => many[(row * 9) + 3]));
        Assert.Equal(space[10], space[11]);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Leave_the_answer_of_every_method_as_the_primitives_give_it(string method)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9");
        SolvedProblem expected = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-5), 1);

        (RowSolution solution, float[] state, _) = SolveByPrimitives(problem, method, MethodCatalogue.Grant(1e-5));

        Assert.InRange(solution.Evaluations, expected.Solution.Rows[0].Evaluations - 1, expected.Solution.Rows[0].Evaluations + 1);
        Assert.All(expected.Solution.State.Zip(state), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Theory, MemberData(nameof(Methods))]
    public void Copy_no_row_while_residuals_fall(string method)
    {
        (RowSolution solution, _, int copies) = SolveByPrimitives(NamedProblems.Find("linear-0.5"), method, MethodCatalogue.Grant(1e-5));

        Assert.True(solution.Converged);
        Assert.Equal(0, copies);
    }

    /// <summary>The specs of this folder once more in a process whose runtime uses no vector instructions at all.</summary>
    [Fact]
    public async Task Hold_with_the_hardware_paths_switched_off()
    {
        const string mark = "DEQ_SPECS_WITHOUT_VECTORS";
        Assert.SkipWhen(Environment.GetEnvironmentVariable(mark) is not null, "This is that process.");
        Type[] specs = [typeof(HostStateSpaceSpecs), typeof(WideBlocksSpecs), typeof(SampledTilesSpecs)];
        string[] arguments = [typeof(HostStateSpaceSpecs).Assembly.Location, .. specs.SelectMany(spec => new[] { "-class", spec.FullName! })];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DOTNET_EnableHWIntrinsic"] = "0";
        start.Environment[mark] = "1";

        using Process process = Process.Start(start)!;
        (string output, _) = await Bounded.End(process, TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
    }

    private static (RowSolution Solution, float[] State, int Copies) SolveByPrimitives(NamedProblem problem, string method, RowGrant grant)
    {
        var host = new HostStateSpace(1, problem.Width);
        var space = new PrimitiveSpace(host);
        var map = new ProblemMap(host, problem);
        map.Place(0, problem.Injection(1));
        var batch = new RunningBatch(space, map, MethodCatalogue.Method(method), TimeProvider.System);
        batch.Join(grant, out _);
        (RowSolution? solution, float[] state) = (null, []);
        FixedPoint.Run(batch, done => (solution, state) = (done.Solution, host.Row(done.Slot, done.Row).ToArray()));
        return (solution!, state, space.Copies);
    }

    private static HostStateSpace Filled(int width, bool isWide) => FilledSpace.Of(Rows, Slots, width, isWide);

    /// <summary>Within some ulps of Σ|a·b|, which is about the width for standard normal numbers.</summary>
    private static void AssertNear(double[] expected, double[] actual, int width)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 2e-6 * (10 + width));
        }
    }
}
