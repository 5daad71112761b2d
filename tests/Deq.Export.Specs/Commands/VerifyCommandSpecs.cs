using Deq.Export.Commands;
using Deq.Export.Specs.Packing;
using Deq.Export.Specs.Verification;
using Deq.Export.Tasks;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Commands;

/// <summary>What <c>verify</c> says of bundles without a recipe; those with one are in <see cref="Tasks.EveryTaskSpecs"/>.</summary>
public sealed class VerifyCommandSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Products => ["cell-vjp.onnx", "cell-joint.onnx", "decode-vjp.onnx", "encode-vjp.onnx"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Proves_of_foreign_graphs_what_they_show_by_themselves_and_says_what_does_not_apply()
    {
        TinyBundle.Write(_folder.File("model"), new() { HasVectorJacobian = true, HasJointGraphs = true });

        (int code, string output) = Verify();

        Assert.True(code == 0, output);
        string[] proven =
        [
            "the bundle opens", "the same input gives the same answer", "4 inputs solved together give what each gives alone", "evaluations reported are evaluations made",
            "an answer that converged is a fixed point", "solves converge by default", "from noise a solve ends where it does from the cold start",
            "a warm start ends where the cold one does", "cell-vjp.onnx: uJ", "cell-joint.onnx: uJ ", "cell-joint.onnx: uJx", "decode-vjp.onnx: vD", "encode-vjp.onnx: wE",
        ];
        Assert.All(proven, claim => Assert.Contains($"holds: {claim}", output, StringComparison.Ordinal));
        Assert.Contains("does not apply: Torch computes the same: there is no recipe.json", output, StringComparison.Ordinal);
        Assert.Contains("13 proofs hold; 2 do not apply", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Finds_a_product_that_is_of_another_model(string file)
    {
        TinyBundle.Write(_folder.File("model"), new() { HasVectorJacobian = true, HasJointGraphs = true });
        BundleCorruption.Replace(_folder.File("model"), file, new TinyBundle(new() { Seed = 2, HasVectorJacobian = true, HasJointGraphs = true }).Files()[file]);

        (int code, string output) = Verify();

        Assert.Equal(1, code);
        Assert.Contains($"FAILS: {file}", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Proves_a_flow_estimator_of_free_size()
    {
        TinyFlowBundle.Write(_folder.File("model"));

        (int code, string output) = Verify();

        Assert.True(code == 0, output);
        Assert.Contains("holds: a warm start ends where the cold one does", output, StringComparison.Ordinal);
    }

    /// <summary>tanh(4z + x) keeps the sign of z wherever that is large.</summary>
    [Fact]
    public void Finds_that_the_end_of_a_solve_depends_on_its_start()
    {
        Pack(ForeignTiny.Cell(null, map: [ForeignTiny.Node("Add", ["half", "half"], "once"), ForeignTiny.Node("Add", ["once", "once"], "twice"), ForeignTiny.Node("Add", ["twice", "twice"], "mapped")]));

        (int code, string output) = Verify();

        Assert.Equal(1, code);
        Assert.Contains("FAILS: from noise a solve ends where it does from the cold start", output, StringComparison.Ordinal);
    }

    /// <summary>tanh(x − 4z) goes back and forth.</summary>
    [Fact]
    public void Leaves_what_needs_convergence_where_no_solve_converges()
    {
        Pack(
            ForeignTiny.Cell(null, map: [ForeignTiny.Node("Neg", ["half"], "back"), ForeignTiny.Node("Add", ["back", "back"], "twice"), ForeignTiny.Node("Add", ["twice", "twice"], "mapped")]),
            "--solver", "picard");

        (int code, string output) = Verify();

        Assert.True(code == 0, output);
        Assert.Contains("does not apply: an answer that converged is a fixed point", output, StringComparison.Ordinal);
        Assert.Contains("does not apply: a warm start ends where the cold one does", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, "The bundle agrees with the reference")]
    [InlineData(1e-3f, 1, "The bundle differs from the reference")]
    public void Compares_a_tensor_model_with_its_own_program(float error, int expected, string verdict)
    {
        Pack(ForeignTiny.Cell());
        float[] state = [.. ForeignTiny.Inputs.Select(MathF.Tanh)];
        state[5] += error;
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("z1", [2, ForeignTiny.Width], state));

        (int code, string output) = Verify("--reference", _folder.File("reference.npz"));

        Assert.True(code == expected, output);
        Assert.Contains("on 2 inputs of the reference", output, StringComparison.Ordinal);
        Assert.Contains(verdict, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_solves_that_diverge()
    {
        TinyBundle.Write(_folder.File("model"), new() { IsLinear = true, SpectralNorm = 30, Solver = "picard", MaxEvaluations = 200 });

        (int code, string output) = Verify();

        Assert.Equal(1, code);
        Assert.Contains("FAILS: solves converge by default", output, StringComparison.Ordinal);
        Assert.Contains("4 diverged", output, StringComparison.Ordinal);
    }

    private void Pack(byte[] cell, params string[] options) => ForeignTiny.Pack(_folder, cell, ["--task", "tensor", .. options]);

    private (int Code, string Output) Verify(params string[] options)
    {
        using var output = new StringWriter();
        var reference = options is [_, var file] ? new FileInfo(file) : null;
        return (VerifyCommand.Run(TrainedTasks.OfProgram, new VerifyRequest { Bundle = new DirectoryInfo(_folder.File("model")), Reference = reference, Bound = 1e-4 }, output), output.ToString());
    }
}
