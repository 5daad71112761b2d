using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Deq.Runtime.Bundles;

namespace Deq.Testing.Bundles;

/// <summary>One way to spoil a tiny bundle that has a vector–Jacobian product.</summary>
/// <param name="Name">What it does.</param>
/// <param name="Spoil">Does it to the bundle in a folder.</param>
/// <param name="Fault">A part of the sentence that names the fault.</param>
public sealed record BundleCorruption(string Name, Action<string> Spoil, string Fault)
{
    /// <summary>Every known way.</summary>
    public static IReadOnlyList<BundleCorruption> All { get; } =
    [
        .. ManifestFile(),
        .. Rules().Select(rule => new BundleCorruption(rule.Name, folder => EditManifest(folder, rule.Edit), rule.Fault)),
        .. Files(),
        .. Graphs(),
    ];

    /// <summary>The ways that leave the manifest readable and do not hide each other, to be applied together.</summary>
    public static IReadOnlyList<BundleCorruption> Compatible { get; } =
    [
        .. All.Where(way => way.Name is "unknown solver" or "zero deviation" or "one label twice"
            or "flipped bit" or "unlisted file" or "logits of another width"),
    ];

    /// <summary>Changes members of a manifest, without touching hashes.</summary>
    public static void EditManifest(string folder, Action<JsonObject> edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        string path = Path.Combine(folder, ModelBundle.ManifestFile);
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }

    /// <summary>Puts other contents in place of a file and their hash into the manifest.</summary>
    public static void Replace(string folder, string file, byte[] contents)
    {
        File.WriteAllBytes(Path.Combine(folder, file), contents);
        EditManifest(folder, manifest => manifest["files"]![file] = Convert.ToHexStringLower(SHA256.HashData(contents)));
    }

    public override string ToString() => Name;

    private static BundleCorruption[] ManifestFile() =>
    [
        new("no manifest", folder => File.Delete(Manifest(folder)), "manifest.json is missing"),
        new("manifest elsewhere", folder => LinkOut(folder, ModelBundle.ManifestFile), "manifest.json is a link that leads out of the bundle"),
        new(
            "half a manifest",
            folder => File.WriteAllText(Manifest(folder), File.ReadAllText(Manifest(folder))[..200]),
            "manifest.json cannot be read"),
        new("empty manifest", folder => File.WriteAllText(Manifest(folder), ""), "manifest.json cannot be read"),
        new("null manifest", folder => File.WriteAllText(Manifest(folder), "null"), "manifest.json is null"),
        new("unknown member", folder => EditManifest(folder, manifest => manifest["surprise"] = 1), "surprise"),
        new("missing member", folder => EditManifest(folder, manifest => manifest.Remove("labels")), "labels"),
        new("missing member of a part", folder => EditManifest(folder, manifest => manifest["cell"]!.AsObject().Remove("inputs")), "inputs"),
        new("null member", folder => EditManifest(folder, manifest => manifest["input"]!["mean"] = null), "mean"),
        new("text for a number", folder => EditManifest(folder, manifest => manifest["defaults"]!["tolerance"] = "0.1"), "tolerance"),
        new(
            "later format",
            folder => EditManifest(folder, manifest => (manifest["formatVersion"], manifest["surprise"]) = (2, 1)),
            "format version 2"),
    ];

    private static (string Name, Action<JsonObject> Edit, string Fault)[] Rules() =>
    [
        ("name with a blank", manifest => manifest["name"] = "Tiny Model", "name 'Tiny Model'"),
        ("empty version", manifest => manifest["version"] = "", "version ''"),
        ("unknown task", manifest => manifest["task"] = "flight", "task 'flight'"),
        ("two channels", manifest => manifest["input"]!["channels"] = 2, "input.channels is 2"),
        ("no height", manifest => manifest["input"]!["height"] = 0, "input.height is 0"),
        ("a mean too many", manifest => manifest["input"]!["mean"] = new JsonArray(0, 0), "input.mean has 2 numbers"),
        ("zero deviation", manifest => manifest["input"]!["deviation"] = new JsonArray(0), "input.deviation is [0]"),
        ("unknown resize", manifest => manifest["input"]!["resize"] = "squash", "input.resize is 'squash'"),
        ("background beyond white", manifest => manifest["input"]!["background"] = 256, "input.background is 256"),
        ("one label", manifest => manifest["labels"] = new JsonArray("circle"), "labels has 1 names"),
        ("one label twice", manifest => manifest["labels"]![1] = "circle", "labels has 'circle' 2 times"),
        ("a label without a name", manifest => manifest["labels"]![1] = null, "labels has an empty name"),
        ("unknown solver", manifest => manifest["defaults"]!["solver"] = "newton", "defaults.solver is 'newton'"),
        ("tolerance of one", manifest => manifest["defaults"]!["tolerance"] = 1, "defaults.tolerance is 1"),
        ("limit above the tolerance", manifest => manifest["defaults"]!["toleranceLimit"] = 0.5, "defaults.toleranceLimit is 0.5"),
        ("no evaluations", manifest => manifest["defaults"]!["maxEvaluations"] = 0, "defaults.maxEvaluations is 0"),
        ("limit below the evaluations", manifest => manifest["defaults"]!["evaluationsLimit"] = 5, "defaults.evaluationsLimit is 5"),
        ("half a hash", manifest => manifest["files"]!["cell.onnx"] = "abc", "the hash 'abc'"),
        ("absolute path", manifest => manifest["files"]!["/etc/hostname"] = new string('0', 64), "'/etc/hostname', which is absolute"),
        ("path out of the bundle", manifest => manifest["files"]!["../elsewhere"] = new string('0', 64), "'../elsewhere', which is outside"),
        ("path with a backslash", manifest => manifest["files"]!["..\\elsewhere"] = new string('0', 64), "'..\\elsewhere', which has a character"),
        ("hash of the manifest itself", manifest => manifest["files"]!["manifest.json"] = new string('0', 64), "names the manifest itself"),
        ("part that is not listed", manifest => manifest["cell"]!["file"] = "other.onnx", "cell.file is 'other.onnx'"),
        ("energy of a task without", manifest => manifest["energy"] = manifest["cell"]!.DeepClone(), "those of task 'image-classification' have none"),
        ("state under another name", manifest => manifest["cell"]!["inputs"]![0]!["name"] = "state", "cell.inputs are state, x; they are z, x"),
        ("part without outputs", manifest => manifest["decoder"]!["outputs"] = new JsonArray(), "decoder.outputs are ; they are logits"),
        ("a tensor that is null", manifest => manifest["decoder"]!["inputs"] = new JsonArray((JsonNode?)null), "decoder.inputs are ; they are z"),
        ("batch under another name", manifest => manifest["cell"]!["inputs"]![0]!["shape"] = new JsonArray("N", "16"), "cell.inputs: z is [N, 16]"),
        ("width under a name", manifest => manifest["encoder"]!["outputs"]![0]!["shape"] = new JsonArray("B", "Dx"), "encoder.outputs: x is [B, Dx]"),
        ("shape beyond memory", manifest => manifest["encoder"]!["outputs"]![0]!["shape"] = new JsonArray("B", "65536", "65536"), "below 2³¹"),
        ("image of another size", manifest => manifest["input"]!["height"] = 9, "input makes it [B, 1, 9, 8]"),
        (
            "logits of another width",
            manifest => manifest["decoder"]!["outputs"]![0]!["shape"] = new JsonArray("B", "5"),
            "the number of labels makes it [B, 4]"),
        (
            "injection of another shape",
            manifest => manifest["cell"]!["inputs"]![1]!["shape"] = new JsonArray("B", "16"),
            "the encoder's x makes it [B, 4, 4]"),
        ("f(z) of another width", manifest => manifest["cell"]!["outputs"]![0]!["shape"] = new JsonArray("B", "8"), "the cell's z makes it [B, 16]"),
    ];

    private static BundleCorruption[] Files() =>
    [
        new("missing file", folder => File.Delete(Path.Combine(folder, "cell.onnx")), "cell.onnx is missing"),
        new("flipped bit", folder => FlipBit(Path.Combine(folder, "MODEL_CARD.md")), "MODEL_CARD.md is altered"),
        new("flipped bit of a graph", folder => FlipBit(Path.Combine(folder, "decode.onnx")), "decode.onnx is altered"),
        new("unlisted file", folder => File.WriteAllText(Path.Combine(folder, "notes.txt"), ""), "notes.txt is in the folder but not listed"),
        new("unlisted file in a folder", WriteDeep, "deep/notes.txt is in the folder but not listed"),
        new("link out of the bundle", folder => LinkOut(folder, "MODEL_CARD.md"), "MODEL_CARD.md is a link that leads out of the bundle"),
        new("endless link", EndlessLink, "MODEL_CARD.md cannot be read"),
    ];

    private static BundleCorruption[] Graphs() =>
    [
        new("noise for a graph", folder => Replace(folder, "cell.onnx", [1, 2, 3, 4, 5]), "cell.onnx is refused by ONNX Runtime"),
        new("empty graph", folder => Replace(folder, "cell.onnx", []), "cell.onnx is refused by ONNX Runtime"),
        new(
            "graphs exchanged",
            folder => Replace(folder, "decode.onnx", File.ReadAllBytes(Path.Combine(folder, "encode.onnx"))),
            "decode.onnx has the inputs image"),
        new("graph of another width", folder => Replace(folder, "decode.onnx", Decoder("B", "17")), "decode.onnx has z float [B, 17]"),
        new("graph for one row", folder => Replace(folder, "decode.onnx", Decoder("1", "16")), "decode.onnx has z float [1, 16]"),
        new("graph that fails for two rows", folder => Replace(folder, "decode.onnx", FailingDecoder()), "decode.onnx cannot run on 2 rows; where a batch size is written into it, reshape with -1"),
        new("cell of batch statistics", folder => Replace(folder, "cell.onnx", Cell(Centred)), "cell.onnx gives a row other values beside another row than alone"),
        new("cell of faint batch statistics", folder => Replace(folder, "cell.onnx", Cell(FaintlyCentred)), "cell.onnx gives a row other values beside another row than alone"),
        new("product of batch statistics", folder => Replace(folder, "cell-vjp.onnx", CentredProduct()), "cell-vjp.onnx gives a row other values beside another row than alone: uJ"),
        new("cell that divides by the length of z", folder => Replace(folder, "cell.onnx", Cell(graph => OfLengthOne(graph, "z"))), "cell.onnx gives NaN or infinite values in fz for inputs between -1 and 1 where solves start"),
        new("encoder that divides by the length of its input", folder => Replace(folder, "encode.onnx", NormalisingEncoder()), "encode.onnx gives NaN or infinite values in x for an input of zeros"),
        new("cell of roots", folder => Replace(folder, "cell.onnx", Cell(graph => graph.Apply("Sqrt", ["z"]))), "cell.onnx gives NaN"),
    ];

    private static byte[] Cell(Func<OnnxSketch, string> map)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Output("fz", "B", "16");
        graph.Apply("Add", [map(graph), graph.Apply("Flatten", ["x"])], "fz");
        return graph.ToArray();
    }

    /// <summary>z less its mean over the batch.</summary>
    private static string Centred(OnnxSketch graph) =>
        graph.Apply("Sub", ["z", graph.Apply("ReduceMean", ["z"], attributes: [("keepdims", 1)], lists: [("axes", [0])])]);

    /// <summary>z and a ten-thousandth of its mean over the batch.</summary>
    private static string FaintlyCentred(OnnxSketch graph)
    {
        string mean = graph.Apply("ReduceMean", ["z"], attributes: [("keepdims", 1)], lists: [("axes", [0])]);
        return graph.Apply("Add", ["z", graph.Apply("Mul", [mean, graph.Constant([1e-4f], 1)])]);
    }

    private static byte[] CentredProduct()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Input("x", "B", "4", "4").Input("u", "B", "16").Output("uJ", "B", "16");
        string sum = graph.Apply("Add", [Centred(graph), graph.Apply("Flatten", ["x"])]);
        graph.Apply("Mul", ["u", sum], "uJ");
        return graph.ToArray();
    }

    private static byte[] NormalisingEncoder()
    {
        OnnxSketch graph = new OnnxSketch().Input("image", "B", "1", "8", "8").Output("x", "B", "4", "4");
        string flat = graph.Apply("Flatten", ["image"]);
        string x = graph.Apply("MatMul", [OfLengthOne(graph, flat), graph.Constant(new float[64 * 16], 64, 16)]);
        graph.Apply("Reshape", [x, graph.Constant(-1, 4, 4)], "x");
        return graph.ToArray();
    }

    /// <summary>Each row divided by its length: nothing by nothing at zero.</summary>
    private static string OfLengthOne(OnnxSketch graph, string tensor) =>
        graph.Apply("Div", [tensor, graph.Apply("ReduceL2", [tensor], attributes: [("keepdims", 1)], lists: [("axes", [1])])]);

    private static string Manifest(string folder) => Path.Combine(folder, ModelBundle.ManifestFile);

    private static void FlipBit(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void WriteDeep(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "deep"));
        File.WriteAllText(Path.Combine(folder, "deep", "notes.txt"), "");
    }

    /// <summary>The linked file has the right contents: only where it lies is wrong.</summary>
    private static void LinkOut(string folder, string file)
    {
        string outside = folder + "-outside";
        File.Move(Path.Combine(folder, file), outside);
        File.CreateSymbolicLink(Path.Combine(folder, file), outside);
    }

    private static void EndlessLink(string folder)
    {
        string path = Path.Combine(folder, "MODEL_CARD.md");
        File.Delete(path);
        File.CreateSymbolicLink(path, "MODEL_CARD.md");
    }

    private static byte[] Decoder(string batch, string width)
    {
        OnnxSketch graph = new OnnxSketch().Input("z", batch, width).Output("logits", batch, "4");
        graph.Apply("MatMul", ["z", graph.Constant(new float[4 * int.Parse(width)], int.Parse(width), 4)], "logits");
        return graph.ToArray();
    }

    private static byte[] FailingDecoder()
    {
        OnnxSketch graph = new OnnxSketch().Input("z", "B", "16").Output("logits", "B", "4");
        string row = graph.Apply("Reshape", ["z", graph.Constant(1, 16)]);
        string logits = graph.Apply("MatMul", [row, graph.Constant(new float[64], 16, 4)]);
        graph.Apply("Add", [logits, graph.Apply("ReduceMean", ["z"], attributes: [("keepdims", 1)], lists: [("axes", [1])])], "logits");
        return graph.ToArray();
    }
}
