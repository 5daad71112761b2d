using Deq.Export.Graphs;
using Deq.Runtime.Models;

namespace Deq.Export.Bundling;

/// <summary>The graphs that joint inference runs besides encoder and decoder: products by state, by injection, by output and by input.</summary>
internal sealed class JointGraphs
{
    private JointGraphs(IReadOnlyList<(string Part, string File, Graph Graph)> parts) => Parts = parts;

    /// <summary>Each by its name in manifests and its file.</summary>
    public IReadOnlyList<(string Part, string File, Graph Graph)> Parts { get; }

    /// <summary>Whether the cell takes one injection and the decoder the state alone.</summary>
    public static bool CanBeOf(ModelGraphs graphs) => graphs.Cell.Inputs.Count == 2 && graphs.Decoder.Inputs.Count == 1;

    /// <summary>Differentiates a model's graphs.</summary>
    /// <param name="graphs">Of a model that hands over no further injections, <see cref="CanBeOf"/>.</param>
    /// <exception cref="ArgumentException">It does.</exception>
    public static JointGraphs Of(ModelGraphs graphs)
    {
        if (!CanBeOf(graphs))
        {
            throw new ArgumentException(
                $"Joint inference takes a cell of (z, x) and a decoder of z; these take {graphs.Cell.Inputs.Count} and {graphs.Decoder.Inputs.Count} inputs.", nameof(graphs));
        }

        Graph cell = VectorJacobian.Joint(
            graphs.Cell,
            TensorNames.Mapped,
            (TensorNames.State, TensorNames.CotangentProduct),
            (TensorNames.Injection, TensorNames.InjectionProduct));
        Graph decoder = VectorJacobian.Of(
            graphs.Decoder, graphs.Decoder.Outputs[0].Name, TensorNames.State, TensorNames.OutputCotangent, TensorNames.OutputProduct);
        Graph encoder = VectorJacobian.Of(
            graphs.Encoder, TensorNames.Injection, graphs.Encoder.Inputs[0].Name, TensorNames.InjectionCotangent, TensorNames.InputProduct);
        return new JointGraphs(
        [
            (ModelParts.JointCell, BundleFileNames.JointCell, cell),
            (ModelParts.DecoderVectorJacobian, BundleFileNames.DecoderVectorJacobian, decoder),
            (ModelParts.EncoderVectorJacobian, BundleFileNames.EncoderVectorJacobian, encoder),
        ]);
    }

    /// <summary>A manifest that names the graphs.</summary>
    /// <param name="joint">The graphs; null for none.</param>
    /// <param name="manifest">Without them.</param>
    public static ModelManifest Describe(JointGraphs? joint, ModelManifest manifest) =>
        joint?.Parts.Aggregate(manifest, (described, part) => described.WithPart(part.Part, GraphContract.Of(part.File, part.Graph))) ?? manifest;
}
