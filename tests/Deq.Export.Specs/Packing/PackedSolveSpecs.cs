using System.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using static Deq.Export.Specs.Packing.ForeignTiny;
using TinyFlowBundle = Deq.Testing.Bundles.TinyFlowBundle;

namespace Deq.Export.Specs.Packing;

public sealed class PackedSolveSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_absolute_tolerance_ends_solves_whose_change_is_small_in_the_state_s_unit()
    {
        RowSolution strict = Solve(Cell(), "--tolerance", "1e-5");
        RowSolution loose = Solve(Cell(), "--tolerance", "1e-5", "--absolute-tolerance", "0.01");

        Assert.True(strict.Converged && loose.Converged);
        Assert.InRange(loose.Evaluations, 2, strict.Evaluations - 3);
    }

    /// <summary>tanh(x − 2z) from 0: the first evaluation changes the state by all of it, later ones by more, back and forth.</summary>
    [Theory]
    [InlineData("best")]
    [InlineData("final")]
    public void A_check_answers_with_the_iterate_that_the_manifest_names(string answer)
    {
        byte[] restless = Cell(null, map: [Node("Neg", ["half"], "back"), Node("Add", ["back", "back"], "twice"), Node("Add", ["twice", "twice"], "mapped")]);

        RowSolution solution = Solve(restless, "--max-evaluations", "4", "--answer", answer);

        Assert.False(solution.Converged);
        Assert.Equal(answer == "final", solution.Residual > 1.1);
    }

    [Theory]
    [InlineData(0.03)]
    [InlineData(0.001, "--tolerance", "0.001")]
    public void A_tolerance_that_is_given_counts_even_where_it_is_the_default_of_other_tasks(double expected, params string[] given)
    {
        IReadOnlyDictionary<string, byte[]> graphs = new TinyFlowBundle().Files();
        string[] files = [.. new[] { "encode.onnx", "cell.onnx", "decode.onnx" }.Select(file => _folder.Write(file, graphs[file]))];

        PackCommand.Make(PackedTasks.OfProgram)
            .Parse([.. files, "--output", _folder.File("model"), "--multiple", "16", "--mean", "0.5", "--deviation", "0.5", .. given])
            .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal(expected, bundle.Manifest.Defaults.Tolerance);
    }

    private RowSolution Solve(byte[] cell, params string[] options)
    {
        Pack(_folder, cell, ["--replace", "--labels", "a,b,c,d", "--mean", "0", "--deviation", "1", "--solver", "picard", .. options]);
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        return Assert.Single(new BundleCheck(bundle, bundle.Model, [Inputs[..Width]], TimeProvider.System).Solve());
    }
}
