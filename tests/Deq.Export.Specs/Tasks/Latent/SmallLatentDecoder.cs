using System.Text;
using Deq.Export.Bundling;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Latent;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Specs.Tasks.Latent;

/// <summary>A latent decoder of 8 × 8 pixels with random weights, as graphs and as a bundle.</summary>
internal static class SmallLatentDecoder
{
    public const string RecipeText = """
        { "name": "every", "seed": 3, "image": { "height": 8, "width": 8 }, "decoder": { "latents": 5, "channels": 8, "innerChannels": 8 },
          "inference": { "evaluations": 6 }, "optimizer": { "learningRate": 1e-3 }, "jacobianRegularization": { "weight": 0.1 },
          "training": { "steps": 2, "batchSize": 2, "heldOut": 3, "reportEvery": 1 },
          "serving": { "solver": "anderson", "tolerance": 1e-3, "maxEvaluations": 8, "evaluationsLimit": 64, "toleranceLimit": 1e-6 } }
        """;

    public static DecoderRecipe Recipe { get; } = new() { Latents = 5, Channels = 8, InnerChannels = 8 };

    public static ImageInput Image { get; } = new() { Channels = 1, Height = 8, Width = 8, Mean = [0], Deviation = [1] };

    public static long[] Sizes(Shape shape, int rows) => [.. shape.Dims.ToArray().Select(dim => dim.Name is null ? dim.Coefficient : rows)];

    /// <summary>Writes and opens a bundle.</summary>
    public static ModelBundle Open(TemporaryFolder folder)
    {
        ModelGraphs graphs = LatentDecoder.Build(Recipe, Image);
        var joint = JointGraphs.Of(graphs);
        using var parameters = new ModelParameters(graphs.Weights, seed: 3);
        var files = new Dictionary<string, byte[]>
        {
            [BundleFileNames.Encoder] = OnnxWriter.Write(graphs.Encoder, parameters.Fold(graphs.Encoder)),
            [BundleFileNames.Cell] = OnnxWriter.Write(graphs.Cell, parameters.Fold(graphs.Cell)),
            [BundleFileNames.Decoder] = OnnxWriter.Write(graphs.Decoder, parameters.Fold(graphs.Decoder)),
        };
        foreach ((_, string file, Graph graph) in joint.Parts)
        {
            files[file] = OnnxWriter.Write(graph, parameters.Fold(graph));
        }

        SolveDefaults defaults = new() { Solver = "anderson", Tolerance = 1e-3, MaxEvaluations = 8, EvaluationsLimit = 64, ToleranceLimit = 1e-6 };
        ModelManifest manifest = BundleParts.Described("small", "1.0.0", LatentTask.TaskName, "", Image, defaults) with
        {
            Encoder = GraphContract.Of(BundleFileNames.Encoder, graphs.Encoder),
            Cell = GraphContract.Of(BundleFileNames.Cell, graphs.Cell),
            Decoder = GraphContract.Of(BundleFileNames.Decoder, graphs.Decoder),
        };
        string directory = folder.File("small");
        BundleWriter.Write(directory, JointGraphs.Describe(joint, manifest), files);
        return ModelBundle.Open(directory, new ExecutionOptions());
    }

    /// <summary>Writes an IDX file of drawn images and gives its directory.</summary>
    public static string WriteImages(TemporaryFolder folder, int count)
    {
        var random = new Random(1);
        byte[] pixels = new byte[count * 64];
        random.NextBytes(pixels);
        byte[] header = [0, 0, 8, 3, 0, 0, 0, (byte)count, 0, 0, 0, 8, 0, 0, 0, 8];
        return Path.GetDirectoryName(folder.Write("data/train-images-idx3-ubyte", [.. header, .. pixels]))!;
    }

    public static byte[] Bytes() => Encoding.UTF8.GetBytes(RecipeText);
}
