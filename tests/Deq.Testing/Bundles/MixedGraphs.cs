using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Tensors;

namespace Deq.Testing.Bundles;

/// <summary>Graphs of tiny bundles in which one output of a row depends on the rows beside it, or is no number at some sizes, or that cannot be run on all numbers.</summary>
public static class MixedGraphs
{
    /// <summary>Writes a tiny classifier whose encoder gives x and, a millionth as large, <c>x1</c> less its mean over the batch, which the decoder takes.</summary>
    public static string WriteFaintOutput(string directory)
    {
        var tiny = new TinyBundle();
        ModelManifest manifest = tiny.Manifest();
        TensorContract faint = new("x1", ["B", "4"]);
        var files = new Dictionary<string, byte[]>(tiny.Files()) { ["encode.onnx"] = FaintEncoder(), ["decode.onnx"] = FaintDecoder() };
        BundleWriter.Write(
            directory,
            manifest with
            {
                Encoder = manifest.Encoder with { Outputs = [.. manifest.Encoder.Outputs, faint] },
                Decoder = manifest.Decoder with { Inputs = [.. manifest.Decoder.Inputs, faint] },
            },
            files);
        return directory;
    }

    /// <summary>Writes a model of which three rows take more memory, by estimate, than a trial may, with the cell of <see cref="CellFromThreeRowsOn"/>.</summary>
    public static string WriteWideFromThreeRowsOn(string directory)
    {
        const int Width = 180_000;
        string[] shape = ["B", $"{Width}"];
        OnnxSketch encoder = new OnnxSketch().Input("input", shape).Output("x", shape);
        encoder.Apply("Neg", ["input"], "x");
        OnnxSketch decoder = new OnnxSketch().Input("z", shape).Output("output", shape);
        decoder.Apply("Neg", ["z"], "output");
        var tiny = new TinyBundle();
        ModelManifest manifest = tiny.Manifest();
        var files = new Dictionary<string, byte[]>(tiny.Files())
        {
            ["encode.onnx"] = encoder.ToArray(),
            ["cell.onnx"] = CellFromThreeRowsOn(Width, $"{Width}"),
            ["decode.onnx"] = decoder.ToArray(),
        };
        BundleWriter.Write(
            directory,
            manifest with
            {
                Task = TensorTask.Id,
                InputSection = ModelManifest.Section(new TensorInput { Datatype = TensorInput.Single }),
                Labels = [],
                Encoder = new("encode.onnx", [new("input", shape)], [new("x", shape)]),
                Cell = new("cell.onnx", [new("z", shape), new("x", shape)], [new("fz", shape)]),
                Decoder = new("decode.onnx", [new("z", shape)], [new("output", shape)]),
                Defaults = manifest.Defaults with { Solver = "anderson", Memory = 32 },
            },
            files);
        return directory;
    }

    /// <summary>A cell that adds a mean over the batch where that has more than two rows.</summary>
    /// <param name="width">D.</param>
    /// <param name="injection">The extents of x without the batch; none are those of a tiny bundle.</param>
    public static byte[] CellFromThreeRowsOn(int width = TinyBundle.StateWidth, params string[] injection)
    {
        string[] shape = ["B", $"{width}"];
        string[] given = injection.Length > 0 ? injection : ["4", "4"];
        OnnxSketch graph = new OnnxSketch().Input("z", shape).Input("x", ["B", .. given]).Output("fz", shape);
        string ones = graph.Apply("Add", [graph.Apply("Mul", ["z", graph.Constant([0f], 1)]), graph.Constant([1f], 1)]);
        string rows = graph.Apply("ReduceSum", [ones, graph.Constant(0)], attributes: [("keepdims", 1)]);
        string more = graph.Apply("Relu", [graph.Apply("Sub", [rows, graph.Constant([2f], 1)])]);
        string mean = graph.Apply("ReduceMean", ["z"], attributes: [("keepdims", 1)], lists: [("axes", [0])]);
        string sum = graph.Apply("Add", ["z", graph.Apply("Flatten", ["x"])]);
        graph.Apply("Tanh", [graph.Apply("Add", [sum, graph.Apply("Mul", [more, mean])])], "fz");
        return graph.ToArray();
    }

    /// <summary>tanh(z + x), and a table of ten entries that is looked up at a thousandth of each x and counts for nothing.</summary>
    public static byte[] LookUpCell()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");
        string x = graph.Apply("Flatten", ["x"]);
        string index = graph.Apply("Cast", [graph.Apply("Mul", [x, graph.Constant([0.001f], 1)])], attributes: [("to", 7)]);
        string found = graph.Apply("Mul", [graph.Apply("Gather", [graph.Constant(new float[10], 10), index]), graph.Constant([0f], 1)]);
        graph.Apply("Tanh", [graph.Apply("Add", [graph.Apply("Add", ["z", x]), found])], "fz");
        return graph.ToArray();
    }

    /// <summary>A cell that adds noise to each row, as dropout in training mode would.</summary>
    public static byte[] RandomCell()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");
        string sum = graph.Apply("Add", ["z", graph.Apply("Flatten", ["x"])]);
        graph.Apply("Tanh", [graph.Apply("Add", [sum, graph.Apply("RandomNormalLike", ["z"])])], "fz");
        return graph.ToArray();
    }

    /// <summary>A joint cell with one of its outputs less its mean over the batch.</summary>
    /// <param name="mixed"><c>fz</c>, <c>uJ</c> or <c>uJx</c>.</param>
    public static byte[] JointCell(string mixed)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Input("u", "B", "16")
            .Output("fz", "B", "16").Output("uJ", "B", "16").Output("uJx", "B", "4", "4");
        string sum = graph.Apply("Add", ["z", graph.Apply("Flatten", ["x"])]);
        graph.Apply("Tanh", [mixed == "fz" ? Centred(graph, sum) : sum], "fz");
        graph.Apply("Tanh", [mixed == "uJ" ? Centred(graph, "u") : "u"], "uJ");
        graph.Apply("Reshape", [mixed == "uJx" ? Centred(graph, "u") : "u", graph.Constant(-1, 4, 4)], "uJx");
        return graph.ToArray();
    }

    /// <summary>A product with the decoder's Jacobian, less its mean over the batch.</summary>
    public static byte[] DecoderProduct()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("v", "B", "4").Output("vD", "B", "16");
        string spread = graph.Apply("MatMul", ["v", graph.Constant([.. Enumerable.Range(0, 64).Select(i => (float)(i % 5))], 4, 16)]);
        graph.Apply("Add", [Centred(graph, spread), "z"], "vD");
        return graph.ToArray();
    }

    /// <summary>A product with the encoder's Jacobian, less its mean over the batch.</summary>
    public static byte[] EncoderProduct()
    {
        OnnxSketch graph = new OnnxSketch().Input("image", "B", "1", "8", "8").Input("w", "B", "4", "4").Output("wE", "B", "1", "8", "8");
        string spread = graph.Apply("MatMul", [graph.Apply("Flatten", ["w"]), graph.Constant([.. Enumerable.Range(0, 1024).Select(i => (float)(i % 5))], 16, 64)]);
        graph.Apply("Add", [graph.Apply("Reshape", [Centred(graph, spread), graph.Constant(-1, 1, 8, 8)]), "image"], "wE");
        return graph.ToArray();
    }

    /// <summary>The cell of a tiny flow estimator that takes the root of what is left of a number of cells, so that larger frames give NaN.</summary>
    public static byte[] FlowCellUpTo(int cells)
    {
        string[] plane = ["4*H", "4*W"];
        OnnxSketch graph = new OnnxSketch().Input("z", ["B", "6", .. plane]).Input("x", ["B", "6", .. plane]).Input("volume0", ["B", .. plane, "3", "3"])
            .Output("fz", ["B", "6", .. plane]);
        string ones = graph.Apply("Add", [graph.Apply("Mul", ["x", graph.Constant([0f], 1)]), graph.Constant([1f], 1)]);
        string count = graph.Apply("ReduceSum", [ones, graph.Constant(2, 3)], attributes: [("keepdims", 1)]);
        string root = graph.Apply("Sqrt", [graph.Apply("Sub", [graph.Constant([(float)cells], 1), count])]);
        string read = graph.Apply("Mul", [graph.Apply("ReduceMean", ["volume0"], attributes: [("keepdims", 1)], lists: [("axes", [1, 2, 3, 4])]), graph.Constant([0f], 1)]);
        string sum = graph.Apply("Add", ["x", graph.Apply("Reshape", [read, graph.Constant(-1, 1, 1, 1)])]);
        graph.Apply("Add", [graph.Apply("Mul", [root, graph.Constant([0f], 1)]), graph.Apply("Tanh", [graph.Apply("Add", ["z", sum])])], "fz");
        return graph.ToArray();
    }

    /// <summary>The cell of a tiny flow estimator that adds a mean over the batch where that has more than two rows, of frames of more than a number of cells.</summary>
    public static byte[] FlowCellFromThreeRowsOn(int cells)
    {
        string[] plane = ["4*H", "4*W"];
        OnnxSketch graph = new OnnxSketch().Input("z", ["B", "6", .. plane]).Input("x", ["B", "6", .. plane]).Input("volume0", ["B", .. plane, "3", "3"])
            .Output("fz", ["B", "6", .. plane]);
        string ones = graph.Apply("Add", [graph.Apply("Mul", ["x", graph.Constant([0f], 1)]), graph.Constant([1f], 1)]);
        string count = graph.Apply("ReduceSum", [ones, graph.Constant(2, 3)], attributes: [("keepdims", 1)]);
        string wide = graph.Apply("Relu", [graph.Apply("Sub", [count, graph.Constant([(float)cells], 1)])]);
        string rows = graph.Apply("ReduceSum", [ones, graph.Constant(0)], attributes: [("keepdims", 1)]);
        string more = graph.Apply("Relu", [graph.Apply("Sub", [rows, graph.Constant([2f], 1)])]);
        string mean = graph.Apply("ReduceMean", ["x"], attributes: [("keepdims", 1)], lists: [("axes", [0])]);
        string mixed = graph.Apply("Mul", [graph.Apply("Mul", [wide, more]), mean]);
        string read = graph.Apply("Mul", [graph.Apply("ReduceMean", ["volume0"], attributes: [("keepdims", 1)], lists: [("axes", [1, 2, 3, 4])]), graph.Constant([0f], 1)]);
        string sum = graph.Apply("Add", ["x", graph.Apply("Reshape", [read, graph.Constant(-1, 1, 1, 1)])]);
        graph.Apply("Tanh", [graph.Apply("Add", [graph.Apply("Add", ["z", sum]), mixed])], "fz");
        return graph.ToArray();
    }

    private static byte[] FaintEncoder()
    {
        OnnxSketch graph = new OnnxSketch().Input("image", "B", "1", "8", "8").Output("x", "B", "4", "4").Output("x1", "B", "4");
        float[] weights = [.. Enumerable.Range(0, 1024).Select(i => ((i % 7) - 3) / 16f)];
        string flat = graph.Apply("Flatten", ["image"]);
        graph.Apply("Reshape", [graph.Apply("MatMul", [flat, graph.Constant(weights, 64, 16)]), graph.Constant(-1, 4, 4)], "x");
        string further = graph.Apply("MatMul", [flat, graph.Constant(weights[..256], 64, 4)]);
        graph.Apply("Mul", [Centred(graph, further), graph.Constant([1e-6f], 1)], "x1");
        return graph.ToArray();
    }

    private static byte[] FaintDecoder()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x1", "B", "4").Output("logits", "B", "4");
        float[] weights = [.. Enumerable.Range(0, 64).Select(i => ((i % 7) - 3) / 4f)];
        graph.Apply("Add", [graph.Apply("MatMul", ["z", graph.Constant(weights, 16, 4)]), "x1"], "logits");
        return graph.ToArray();
    }

    private static string Centred(OnnxSketch graph, string tensor) =>
        graph.Apply("Sub", [tensor, graph.Apply("ReduceMean", [tensor], attributes: [("keepdims", 1)], lists: [("axes", [0])])]);
}
