using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Graphs.Onnx.Wire;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Packing;
using Deq.Export.Tasks;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;

namespace Deq.Export.Specs.Commands;

public sealed class PackCommandSpecs : IDisposable
{
    private static readonly string[] s_answers = ["--labels", "circle,square,triangle,star", "--mean", "0.5", "--deviation", "0.25"];

    private readonly TemporaryFolder _folder = new();

    public PackCommandSpecs()
    {
        _folder.Write("encode.onnx", ForeignTiny.Encoder());
        _folder.Write("cell.onnx", ForeignTiny.Cell());
        _folder.Write("decode.onnx", ForeignTiny.Decoder());
    }

    public static TheoryData<string, byte[], string> Faults => new()
    {
        { "cell of float64", ForeignTiny.Cell(element: TensorProto.Types.ElementKind.Double), "s is float64; export as float32" },
        { "no dynamic axes", ForeignTiny.Cell(["1", "16"]), "cell.onnx has a fixed batch: s [1, 16]; export with dynamic_axes={'s': {0: 'B'}" },
        { "mixed rows", ForeignTiny.Cell(map: ForeignTiny.MixedRows()), "Rows must not depend on each other" },
        { "a loop without an end", ForeignTiny.Cell(map: ForeignTiny.EndlessLoop()), "cell.onnx did not end within 0.2 s" },
        { "external data that is absent", ForeignTiny.External(ForeignTiny.Cell(), "cell.onnx.data").Graph, "cell.onnx.data, which is absent; put that file beside it, or export with external_data=False" },
        { "external data elsewhere", ForeignTiny.External(ForeignTiny.Cell(), "../secret").Graph, "'../secret', which is not beside it" },
        { "no graph", "import torch"u8.ToArray(), "cell.onnx is no ONNX graph" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_a_bundle_that_opens_of_graphs_with_names_of_their_own()
    {
        Pack(s_answers);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal("model", bundle.Manifest.Name);
        Assert.Equal(["B", "16"], bundle.Manifest.Cell.Inputs[0].Shape);
        Assert.Equal(["circle", "square", "triangle", "star"], bundle.Manifest.Labels);
        Assert.Equal(0.25, bundle.Manifest.Input.Deviation[0]);
    }

    [Fact]
    public void Makes_a_bundle_of_tensors_of_any_shape_without_asking_what_they_are()
    {
        _folder.Write("encode.onnx", ForeignTiny.Graph([("v", ["batch", "2", "8"])], [("feat", ["batch", "16"])], ForeignTiny.Node("Flatten", ["v"], "feat")));

        Pack("--task", "tensor");

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal("tensor", bundle.Manifest.Task);
        Assert.Equal(("input", "output"), (bundle.Manifest.Encoder.Inputs[0].Name, bundle.Manifest.Decoder.Outputs[0].Name));
        Assert.Equal(["B", "2", "8"], bundle.Manifest.Encoder.Inputs[0].Shape);
        Assert.Equal(["B", "4"], bundle.Manifest.Decoder.Outputs[0].Shape);
    }

    [Theory, MemberData(nameof(Faults))]
    public void Refuses_a_cell_with_the_mend(string name, byte[] cell, string mend)
    {
        _folder.Write("cell.onnx", cell);

        CommandException refusal = Assert.Throws<CommandException>(() => Pack([.. s_answers, "--longest", "0.2"]));

        Assert.True(refusal.Message.Contains(mend, StringComparison.Ordinal), $"{name}: {refusal.Message}");
        Assert.False(Directory.Exists(_folder.File("model")));
    }

    [Fact]
    public void Refuses_an_output_that_sums_over_rows_with_the_mend()
    {
        _folder.Write("encode.onnx", ForeignTiny.Graph(
            [("pixels", ["batch", "1", "4", "4"])],
            [("feat", ["batch", "16"]), ("loss", ["a", "b", "c", "d"])],
            ForeignTiny.Node("Flatten", ["pixels"], "feat"),
            ForeignTiny.Node("ReduceSum", ["pixels"], "loss")));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.Contains("encode.onnx: loss is [1, 1, 1, 1] of 2 rows", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_state_that_is_not_flat_with_the_mend()
    {
        _folder.Write("encode.onnx", ForeignTiny.Graph([("pixels", ["batch", "1", "4", "4"])], [("feat", ["batch", "1", "4", "4"])], ForeignTiny.Node("Identity", ["pixels"], "feat")));
        _folder.Write("cell.onnx", ForeignTiny.Cell(["batch", "1", "4", "4"]));
        _folder.Write("decode.onnx", ForeignTiny.Graph([("s", ["batch", "1", "4", "4"])], [("out", ["batch", "16"])], ForeignTiny.Node("Flatten", ["s"], "out")));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack("--labels", string.Join(',', Enumerable.Range(0, 16)), "--mean", "0", "--deviation", "1"));

        Assert.Contains("z is [B, 1, 4, 4]; a flat state, by z.flatten(1)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_fault_and_every_missing_option_at_once()
    {
        _folder.Write("encode.onnx", ForeignTiny.Graph([("pixels", ["1", "1", "4", "4"])], [("feat", ["1", "16"])], ForeignTiny.Node("Flatten", ["pixels"], "feat")));
        _folder.Write("cell.onnx", ForeignTiny.Cell(element: TensorProto.Types.ElementKind.Double));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack("--labels", "a,b,c,d"));

        Assert.All(["--mean is missing", "--deviation is missing", "encode.onnx has a fixed batch", "cell.onnx: s is float64"], part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Brings_external_weights_into_the_graph()
    {
        (byte[] graph, byte[] weights) = ForeignTiny.External(ForeignTiny.Decoder(), "weights.bin");
        _folder.Write("decode.onnx", graph);
        _folder.Write("weights.bin", weights);

        Pack(s_answers);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.DoesNotContain("weights.bin", bundle.Manifest.Files.Keys);
    }

    [Fact]
    public void Takes_injections_that_the_decoder_reads_and_the_start_that_the_encoder_gives()
    {
        _folder.Write("encode.onnx", ForeignTiny.Graph(
            [("pixels", ["batch", "1", "4", "4"])],
            [("z0", ["batch", "16"]), ("feat", ["batch", "16"])],
            ForeignTiny.Node("Flatten", ["pixels"], "feat"),
            ForeignTiny.Node("Sin", ["feat"], "z0")));
        _folder.Write("decode.onnx", ForeignTiny.Decoder("feat"));

        Pack(s_answers);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal(["x", "z0"], bundle.Manifest.Encoder.Outputs.Select(output => output.Name));
        Assert.Equal(["z", "x"], bundle.Manifest.Decoder.Inputs.Select(input => input.Name));
        float[] input = [.. Enumerable.Range(0, 16).Select(i => i / 16f)];
        using OnnxLane lane = bundle.Model.OpenLane(1);
        int z = lane.Space.Allocate(1);
        lane.Encode(input, 0);
        lane.Start(z, 0);
        Assert.All(lane.Space.Row(z, 0).ToArray().Zip(input), pair => Assert.Equal(Math.Sin(pair.Second), pair.First, 1e-6));
    }

    [Fact]
    public void Leaves_a_bundle_that_is_there_unless_told_to_replace_it()
    {
        Pack(s_answers);

        Assert.Throws<CommandException>(() => Pack(s_answers));
        Pack([.. s_answers, "--model-version", "2.0.0", "--replace"]);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal("2.0.0", bundle.Manifest.Version);
    }

    private void Pack(params string[] options)
    {
        Command command = PackCommand.Make(PackedTasks.OfProgram);
        command.Parse([_folder.File("encode.onnx"), _folder.File("cell.onnx"), _folder.File("decode.onnx"), "--output", _folder.File("model"), .. options])
            .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
