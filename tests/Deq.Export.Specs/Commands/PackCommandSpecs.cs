using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Graphs.Onnx.Wire;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Packing;
using Deq.Export.Tasks;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Google.Protobuf;

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
        { "a loop without an end", ForeignTiny.Cell(map: ForeignTiny.EndlessLoop()), "cell.onnx did not end within 3 s" },
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

        CommandException refusal = Assert.Throws<CommandException>(() => Pack([.. s_answers, "--longest", "3"]));

        Assert.True(refusal.Message.Contains(mend, StringComparison.Ordinal), $"{name}: {refusal.Message}");
        Assert.False(Directory.Exists(_folder.File("model")));
    }

    [Fact]
    public void Refuses_graphs_that_take_x_before_z_with_the_mend()
    {
        byte[] swapped = ForeignTiny.Graph([("feat", ["n", "16"]), ("s", ["n", "16"])], [("7", ["n", "16"])], ForeignTiny.Node("Add", ["feat", "s"], "7"));
        _folder.Write("cell.onnx", swapped);
        _folder.Write("decode.onnx", swapped);

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.Contains("cell.onnx takes feat first, which encode.onnx gives; a cell takes z first, then what the encoder gives: export it as f(z, x)", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("decode.onnx takes feat first, which encode.onnx gives", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_the_only_input_of_a_decoder_for_z_whatever_its_name()
    {
        _folder.Write("decode.onnx", ForeignTiny.Graph([("feat", ["n", "16"])], [("out", ["n", "16"])], ForeignTiny.Node("Tanh", ["feat"], "out")));

        Pack("--task", "tensor");

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal("z", Assert.Single(bundle.Manifest.Decoder.Inputs).Name);
    }

    [Theory]
    [InlineData("tensor", "--mean", "0.5", "--mean is read by image-classification and optical-flow alone, not by tensor")]
    [InlineData("image-classification", "--multiple", "8", "--multiple is read by optical-flow alone, not by image-classification")]
    [InlineData("optical-flow", "--labels", "a,b", "--labels is read by image-classification alone, not by optical-flow")]
    public void Refuses_an_option_that_only_other_tasks_read(string task, string option, string value, string fault)
    {
        CommandException refusal = Assert.Throws<CommandException>(() => Pack("--task", task, option, value));

        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("model")));
    }

    [Theory]
    [InlineData("--multiple", "0", "--multiple is 1 to 1024 pixels.")]
    [InlineData("--multiple", "5000", "--multiple is 1 to 1024 pixels.")]
    [InlineData("--longest", "0", "--longest is 0.01 to 60 seconds.")]
    [InlineData("--longest", "61", "--longest is 0.01 to 60 seconds.")]
    public void Refuses_a_number_outside_of_its_range(string option, string value, string sentence)
    {
        ParseResult given = PackCommand.Make(PackedTasks.OfProgram).Parse(["encode.onnx", "cell.onnx", "decode.onnx", option, value]);

        Assert.Contains(sentence, given.Errors.Select(error => error.Message));
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

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));
        Assert.EndsWith("--replace replaces it, and pack --output writes elsewhere.", refusal.Message, StringComparison.Ordinal);
        Pack([.. s_answers, "--model-version", "2.0.0", "--replace"]);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal("2.0.0", bundle.Manifest.Version);
    }

    [Theory]
    [InlineData(7, "cell.onnx: s is int64; take float32 and convert inside: encoder = lambda ids: embed(ids.long().clamp(0, n - 1))")]
    [InlineData(9, "cell.onnx: 7 is bool; tensors between graphs are float32: .float() at the end")]
    [InlineData(10, "cell.onnx: s is float16; export as float32: module.float()")]
    public void Says_how_tensors_of_other_elements_become_float32(int element, string mend)
    {
        _folder.Write("cell.onnx", ForeignTiny.Cell(element: (TensorProto.Types.ElementKind)element));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.Contains(mend, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_graph_that_cannot_be_loaded()
    {
        _folder.Write("cell.onnx", ForeignTiny.Cell(map: [ForeignTiny.Node("Nonsense", ["half"], "mapped")]));
        _folder.Write("decode.onnx", ForeignTiny.Graph([("s", ["n", "16"])], [("out", ["n", "4"])], ForeignTiny.Node("Nonsense", ["s"], "out")));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.All(
            ["cell.onnx is refused by ONNX Runtime", "decode.onnx is refused by ONNX Runtime", "export with opset_version=16, standard operators and float32 throughout"],
            part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_faults_of_graphs_beside_those_of_the_name_the_version_and_the_solve()
    {
        _folder.Write("cell.onnx", ForeignTiny.Cell(map: ForeignTiny.MixedRows()));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack([.. s_answers, "--name", "Bad_Name", "--model-version", "1 0", "--memory", "99", "--tolerance", "2"]));

        Assert.All(
            ["- --name 'Bad_Name' is not", "- --model-version '1 0' is not", "- --memory is 99", "- --tolerance is 2", "Rows must not depend on each other"],
            part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
        Assert.Contains("Nothing was written; 5 things are in the way:", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cell.onnx", "cell.onnx has 3221225472 bytes; a graph holds at most 2 GB")]
    [InlineData("weights.bin", "decode.onnx keeps tensors in weights.bin, which has 3221225472 bytes; a graph holds at most 2 GB")]
    public void Refuses_files_that_no_graph_can_hold(string file, string fault)
    {
        _folder.Write("decode.onnx", ForeignTiny.External(ForeignTiny.Decoder(), "weights.bin").Graph);
        using (FileStream large = File.OpenWrite(_folder.File(file)))
        {
            large.SetLength(3L << 30);
        }

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--tolerance", "-1", "--tolerance is -1; it is above 0 and below 1.")]
    [InlineData("--max-evaluations", "0", "--max-evaluations is 0; it is at least 1.")]
    [InlineData("--memory", "99", "--memory is 99; it is 1 to 32 of anderson")]
    [InlineData("--absolute-tolerance", "-2", "--absolute-tolerance is -2; it is above 0, or absent.")]
    [InlineData("--background", "300", "--background is 300; it is 0 to 255.")]
    public void Names_the_option_whose_value_is_out_of_range_and_it_alone(string option, string value, string fault)
    {
        CommandException refusal = Assert.Throws<CommandException>(() => Pack([.. s_answers, option, value]));

        Assert.Contains("1 thing is in the way", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"- {fault}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_an_absolute_tolerance_of_0_for_none()
    {
        Pack([.. s_answers, "--absolute-tolerance", "0"]);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Null(bundle.Manifest.Defaults.AbsoluteTolerance);
    }

    [Fact]
    public void Says_that_a_folder_is_no_graph()
    {
        CommandException refusal = Assert.Throws<CommandException>(() => PackFiles([_folder.Path, _folder.Path, _folder.Path], s_answers));

        Assert.Contains($"- {_folder.Path} is a folder; name the ONNX file in it.", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "-4")]
    [InlineData("length", "4 KB")]
    public void Refuses_external_data_at_what_is_no_number_of_bytes(string key, string value)
    {
        (byte[] graph, byte[] weights) = ForeignTiny.External(ForeignTiny.Decoder(), "weights.bin");
        ModelProto model = ModelProto.Parser.ParseFrom(graph);
        Assert.Single(model.Graph.Initializer[0].ExternalData, entry => entry.Key == key).Value = value;
        _folder.Write("decode.onnx", model.ToByteArray());
        _folder.Write("weights.bin", weights);

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(s_answers));

        Assert.Contains($"decode.onnx keeps tensor w in weights.bin with the {key} '{value}', which is no number of bytes; export again.", refusal.Message, StringComparison.Ordinal);
    }

    private void Pack(params string[] options) => PackFiles([_folder.File("encode.onnx"), _folder.File("cell.onnx"), _folder.File("decode.onnx")], options);

    private void PackFiles(string[] graphs, string[] options) =>
        PackCommand.Make(PackedTasks.OfProgram)
            .Parse([.. graphs, "--output", _folder.File("model"), .. options])
            .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
