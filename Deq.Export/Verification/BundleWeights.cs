using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using static TorchSharp.torch;

namespace Deq.Export.Verification;

/// <summary>The weights that a bundle's files hold, for the graphs of its recipe.</summary>
internal static class BundleWeights
{
    /// <summary>Every weight of the graphs by name, in the caller's dispose scope.</summary>
    /// <param name="bundle">An open bundle.</param>
    /// <param name="graphs">As its recipe builds them.</param>
    /// <exception cref="InvalidDataException">The bundle's weights are not those of the recipe.</exception>
    public static Dictionary<string, Tensor> Read(ModelBundle bundle, ModelGraphs graphs)
    {
        ModelPart[] parts = [bundle.Manifest.Encoder, bundle.Manifest.Cell, bundle.Manifest.Decoder];
        Dictionary<string, float[]> values = parts
            .SelectMany(part => OnnxWeights.Read(File.ReadAllBytes(Path.Combine(bundle.Directory, part.File))))
            .GroupBy(weight => weight.Key, weight => weight.Value, StringComparer.Ordinal)
            .ToDictionary(weight => weight.Key, weight => weight.First(), StringComparer.Ordinal);
        return graphs.Weights.ToDictionary(
            weight => weight.Name,
            weight => values.TryGetValue(weight.Name, out float[]? value)
                ? tensor(value, [.. weight.Extents.Select(extent => (long)extent)])
                : throw new InvalidDataException($"{bundle.Directory} does not hold the weights of its recipe: {weight.Name} is missing."),
            StringComparer.Ordinal);
    }
}
