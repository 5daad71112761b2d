using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Runtime.Bundles;

namespace Deq.Benchmarks.Serving;

/// <summary>A small model of a large input: [1, 128, 128], which as a tensor is 64 KiB, pooled to 16 × 16 before the cell.</summary>
internal static class WideBundle
{
    /// <summary>Its name in paths.</summary>
    public const string Name = "wide";

    /// <summary>Height and width of the input.</summary>
    public const int Side = 128;

    private const int Pool = 8;
    private const int Channels = 8;
    private const int Inner = Side / Pool;
    private const int StateWidth = Channels * Inner * Inner;
    private const int Seed = 21;

    /// <summary>Writes the bundle into a folder that does not exist yet.</summary>
    public static void Write(string directory)
    {
        var image = new Input(TensorNames.Image, "B", 1, Side, Side);
        Node pooled = image.AveragePool(Pool, Pool).Conv(new Weight("encoder", [Channels, 1, 1, 1], WeightStart.FanIn), padding: 0);
        var state = new Input(TensorNames.State, "B", StateWidth);
        Node z = state.Reshape("B", Channels, Inner, Inner);
        var x = new Input(TensorNames.Injection, "B", Channels, Inner, Inner);
        Node normalised = z.Conv(new Weight("convolution", [Channels, Channels, 3, 3], WeightStart.FanIn))
            .GroupNorm(4, new Weight("scale", [Channels], WeightStart.Ones), new Weight("shift", [Channels], WeightStart.Zeros));
        var decoded = new Graph("decoder", [state], [(TensorNames.Logits, z.GlobalAveragePool().Reshape("B", Channels))]);
        var files = new Dictionary<string, byte[]>
        {
            ["encode.onnx"] = Bytes(new Graph("encoder", [image], [(TensorNames.Injection, pooled)])),
            ["cell.onnx"] = Bytes(new Graph("cell", [state, x], [(TensorNames.Mapped, (normalised + x).Relu().Reshape("B", StateWidth))])),
            ["decode.onnx"] = Bytes(decoded),
        };
        BundleWriter.Write(directory, Manifest(), files);
    }

    private static byte[] Bytes(Graph graph)
    {
        var random = new Random(Seed);
        return OnnxWriter.Write(graph, [.. graph.Weights.Select(weight => weight.Start.Draw(weight.Extents, random))]);
    }

    private static ModelManifest Manifest()
    {
        string[] state = ["B", $"{StateWidth}"];
        string[] injection = ["B", $"{Channels}", $"{Inner}", $"{Inner}"];
        return new()
        {
            FormatVersion = ModelManifest.CurrentFormatVersion,
            Name = Name,
            Version = "1.0.0",
            Task = "image-classification",
            Description = "A small model of a large input.",
            Input = new() { Channels = 1, Height = Side, Width = Side, Mean = [0], Deviation = [1] },
            Labels = [.. Enumerable.Range(0, Channels).Select(channel => $"channel {channel}")],
            Encoder = new("encode.onnx", [new(TensorNames.Image, ["B", "1", $"{Side}", $"{Side}"])], [new(TensorNames.Injection, injection)]),
            Cell = new("cell.onnx", [new(TensorNames.State, state), new(TensorNames.Injection, injection)], [new(TensorNames.Mapped, state)]),
            Decoder = new("decode.onnx", [new(TensorNames.State, state)], [new(TensorNames.Logits, ["B", $"{Channels}"])]),
            Defaults = new() { Solver = "anderson", Tolerance = 1e-3, ToleranceLimit = 1e-6, MaxEvaluations = 8, EvaluationsLimit = 100 },
            Files = new Dictionary<string, string>(),
        };
    }
}
