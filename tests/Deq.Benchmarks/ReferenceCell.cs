using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Runtime.Bundles;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>The reference cell f(z, x) = relu(GroupNorm8(conv3×3₄₈(z)) + x), z and x <c>[B, 48, 32, 32]</c>, and a bundle around it.</summary>
/// <remarks>
/// Weights: He start for the convolution from a fixed seed, no bias, scale 1, shift 0. Encoder and decoder are only there to make a
/// bundle of it, whose format has z flat, <c>[B, 49152]</c>; benchmarks write x, normally distributed, where the encoder would.
/// </remarks>
internal static class ReferenceCell
{
    public const int Channels = 48;
    public const int Side = 32;
    public const int StateWidth = Channels * Side * Side;
    private const int Seed = 20;

    /// <summary>The cell as an ONNX model with z <c>[B, 48, 32, 32]</c>, the same bytes every time.</summary>
    public static byte[] Onnx()
    {
        var z = new Input(TensorNames.State, "B", Channels, Side, Side);
        var x = new Input(TensorNames.Injection, "B", Channels, Side, Side);
        return Write(new Graph("cell", [z, x], [(TensorNames.Mapped, Map(z, x))]));
    }

    /// <summary>Writes the bundle into a folder that does not exist yet.</summary>
    public static void WriteBundle(string directory)
    {
        var image = new Input(TensorNames.Image, "B", 1, Side, Side);
        var x = new Graph("encoder", [image], [(TensorNames.Injection, image.Conv(new Weight("encoder", [Channels, 1, 1, 1], WeightStart.Ones), padding: 0))]);
        var z = new Input(TensorNames.State, "B", StateWidth);
        var injection = new Input(TensorNames.Injection, "B", Channels, Side, Side);
        Node unfolded = z.Reshape("B", Channels, Side, Side);
        var cell = new Graph("cell", [z, injection], [(TensorNames.Mapped, Map(unfolded, injection).Reshape("B", StateWidth))]);
        var logits = new Graph("decoder", [z], [(TensorNames.Logits, unfolded.GlobalAveragePool().Reshape("B", Channels))]);
        var files = new Dictionary<string, byte[]> { ["encode.onnx"] = Write(x), ["cell.onnx"] = Write(cell), ["decode.onnx"] = Write(logits) };
        BundleWriter.Write(directory, Manifest(), files);
    }

    /// <summary>x of one row, <c>[48·32·32]</c>, standard normal.</summary>
    public static float[] Injection(int seed)
    {
        var random = new Gaussian(seed);
        return [.. Enumerable.Range(0, StateWidth).Select(_ => (float)random.Next())];
    }

    private static Node Map(Node z, Node x)
    {
        Node convolved = z.Conv(new Weight("convolution", [Channels, Channels, 3, 3], WeightStart.FanIn));
        Node normalised = convolved.GroupNorm(
            8, new Weight("scale", [Channels], WeightStart.Ones), new Weight("shift", [Channels], WeightStart.Zeros));
        return (normalised + x).Relu();
    }

    private static byte[] Write(Graph graph)
    {
        var random = new Random(Seed);
        return OnnxWriter.Write(graph, [.. graph.Weights.Select(weight => weight.Start.Draw(weight.Extents, random))]);
    }

    private static ModelManifest Manifest()
    {
        string[] state = ["B", $"{StateWidth}"];
        string[] injection = ["B", $"{Channels}", $"{Side}", $"{Side}"];
        return new()
        {
            FormatVersion = ModelManifest.CurrentFormatVersion,
            Name = "reference-cell",
            Version = "1.0.0",
            Task = "image-classification",
            Description = "The reference cell of the benchmarks.",
            Input = new() { Channels = 1, Height = Side, Width = Side, Mean = [0], Deviation = [1] },
            Labels = [.. Enumerable.Range(0, Channels).Select(channel => $"channel {channel}")],
            Encoder = new("encode.onnx", [new(TensorNames.Image, ["B", "1", $"{Side}", $"{Side}"])], [new(TensorNames.Injection, injection)]),
            Cell = new("cell.onnx", [new(TensorNames.State, state), new(TensorNames.Injection, injection)], [new(TensorNames.Mapped, state)]),
            Decoder = new("decode.onnx", [new(TensorNames.State, state)], [new(TensorNames.Logits, ["B", $"{Channels}"])]),
            Defaults = new() { Solver = "anderson", Tolerance = 1e-3, ToleranceLimit = 1e-6, MaxEvaluations = 100, EvaluationsLimit = 1000 },
            Files = new Dictionary<string, string>(),
        };
    }
}
