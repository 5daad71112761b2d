using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>The first runs of a bundle's graphs; more of what they find wrong is in <see cref="BundleCorruption"/>.</summary>
public sealed class GraphTrialSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, byte[], string> MixedJointGraphs => new()
    {
        { "cell-joint.onnx", MixedGraphs.JointCell("fz"), "fz differs by" },
        { "cell-joint.onnx", MixedGraphs.JointCell("uJ"), "uJ differs by" },
        { "cell-joint.onnx", MixedGraphs.JointCell("uJx"), "uJx differs by" },
        { "decode-vjp.onnx", MixedGraphs.DecoderProduct(), "vD differs by" },
        { "encode-vjp.onnx", MixedGraphs.EncoderProduct(), "wE differs by" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ends_when_its_time_is_over()
    {
        using OnnxModel endless = EndlessModel.Open(_folder["endless"]);
        List<string> faults = [];

        GraphTrial.Run(endless, new TinyBundle().Manifest(), faults, TimeSpan.FromSeconds(10));

        Assert.StartsWith("The trial runs together took more than 10 s; cell.onnx was running after", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_nothing_wrong_with_sound_bundles()
    {
        string[] folders =
        [
            TinyBundle.Write(_folder["sound"], new() { HasVectorJacobian = true, HasJointGraphs = true }), TinyFlowBundle.Write(_folder["free"]), TinyFlowBundle.Write(_folder["started"], new() { HasStart = true }),
        ];
        List<string> faults = [];

        foreach (string folder in folders)
        {
            using var bundle = ModelBundle.Open(folder, new());
            GraphTrial.Run(bundle.Model, bundle.Manifest, faults, GraphTrial.Longest);
        }

        Assert.Empty(faults);
    }

    [Theory]
    [MemberData(nameof(MixedJointGraphs))]
    public void Finds_rows_that_mix_in_graphs_of_joint_inference(string file, byte[] graph, string fault)
    {
        string folder = TinyBundle.Write(_folder["joint"], new() { HasJointGraphs = true });
        BundleCorruption.Replace(folder, file, graph);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.Contains($"{file} gives a row other values beside another row than alone: {fault}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_rows_that_mix_in_an_output_far_smaller_than_the_others()
    {
        string folder = MixedGraphs.WriteFaintOutput(_folder["faint"]);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.Contains("encode.onnx gives a row other values beside another row than alone: x1 differs by", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_what_is_no_number_at_a_typical_size_alone()
    {
        string folder = TinyFlowBundle.Write(_folder["wide"]);
        BundleCorruption.Replace(folder, "cell.onnx", MixedGraphs.FlowCellUpTo(cells: 20));

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.Contains("cell.onnx gives NaN or infinite values in fz for inputs between -1 and 1 on an input of 48 x 32 pixels", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Tries_a_typical_size_as_far_as_memory_allows_and_none_of_a_model_of_one_size()
    {
        using var free = ModelBundle.Open(TinyFlowBundle.Write(_folder["free"]), new());
        using var single = ModelBundle.Open(TinyBundle.Write(_folder["single"]), new());

        Assert.Equal(new(32, 48), free.Model.TypicalWithin(long.MaxValue)!.Shape);
        Assert.Equal(new(16, 32), free.Model.TypicalWithin(free.Model.BytesOf(2) - 1)!.Shape);
        Assert.Null(free.Model.TypicalWithin(1));
        Assert.Null(single.Model.TypicalWithin(long.MaxValue));
    }

    [Fact]
    public void Finds_rows_that_mix_from_three_on_where_three_take_much_memory()
    {
        string folder = MixedGraphs.WriteWideFromThreeRowsOn(_folder["wide"]);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.StartsWith("cell.onnx gives a row other values beside another row than alone: fz differs by", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_rows_that_mix_from_three_on_at_a_typical_size_alone()
    {
        string folder = TinyFlowBundle.Write(_folder["free"]);
        BundleCorruption.Replace(folder, "cell.onnx", MixedGraphs.FlowCellFromThreeRowsOn(cells: 20));

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.StartsWith("cell.onnx gives a row other values beside another row than alone: fz differs by", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "cell.onnx gives a row other values beside another row than alone: fz differs by")]
    [InlineData(true, "cell.onnx gives the same row other values each time: a random operator, such as dropout in training mode")]
    public void Tells_rows_that_mix_from_three_on_and_random_operators_apart(bool isRandom, string fault)
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        BundleCorruption.Replace(folder, "cell.onnx", isRandom ? MixedGraphs.RandomCell() : MixedGraphs.CellFromThreeRowsOn());

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.StartsWith(fault, Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }
}
