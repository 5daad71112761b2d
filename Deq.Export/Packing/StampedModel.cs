using Deq.Export.Bundling;
using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>A foreign model whose tensors have the names, the order and the shapes of a bundle.</summary>
internal sealed class StampedModel
{
    private const string Encoder = "encoder";
    private const string Cell = "cell";
    private const string Decoder = "decoder";

    private readonly ForeignModel _model;
    private readonly TensorShapes _shapes;
    private readonly Func<int, string> _injection;
    private readonly StampedTensor _mapped;

    /// <summary>Stamps.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shapes">The shapes of its tensors.</param>
    /// <param name="input">What bundles call the encoder's input.</param>
    /// <param name="output">What they call the decoder's output.</param>
    /// <param name="injection">What they call the encoder's outputs, by place.</param>
    public StampedModel(ForeignModel model, TensorShapes shapes, string input, string output, Func<int, string> injection)
    {
        (_model, _shapes, _injection) = (model, shapes, injection);
        StampedTensor state = Of(Cell, model.Cell.Inputs[0], TensorNames.State);
        _mapped = Of(Cell, model.Cell.Outputs[0], TensorNames.Mapped);
        Tensors = new PackedTensors
        {
            Input = Of(Encoder, model.Encoder.Inputs[0], input),
            Injections = [.. model.Injections.Select((tensor, place) => Of(Encoder, tensor, tensor == model.Start ? TensorNames.Start : injection(place)))],
            State = state,
            Output = Of(Decoder, model.Decoder.Outputs[0], output),
        };
    }

    /// <summary>What the model takes and gives.</summary>
    public PackedTensors Tensors { get; }

    /// <summary>Which tensor of the foreign graphs became which of the bundle's, one sentence each.</summary>
    public IEnumerable<string> Renames =>
        from part in Parts()
        from tensor in part.Inputs.Concat(part.Outputs)
        where tensor.Foreign != tensor.Name
        select $"{part.File}: {tensor.Foreign} became {tensor.Name} [{string.Join(", ", tensor.Shape)}]";

    /// <summary>What the encoder's outputs became, for a manifest's provenance.</summary>
    public Dictionary<string, string> Injections => Tensors.Injections.ToDictionary(tensor => ProvenanceKey(tensor.Foreign), tensor => tensor.Name, StringComparer.Ordinal);

    /// <summary>The key of a manifest's provenance that says what an output of the encoder became.</summary>
    /// <param name="foreign">Its name as exported.</param>
    public static string ProvenanceKey(string foreign) => $"encoder.{foreign}";

    /// <summary>The graphs by the names of their files.</summary>
    public Dictionary<string, byte[]> Files() => Parts().ToDictionary(part => part.File, part => part.Graph.Write(part.Inputs, part.Outputs), StringComparer.Ordinal);

    /// <summary>A manifest with what it says of the graphs.</summary>
    public ModelManifest Describe(ModelManifest manifest)
    {
        Dictionary<string, ModelPart> parts = Parts().ToDictionary(
            part => part.Name,
            part => new ModelPart(part.File, [.. part.Inputs.Select(tensor => tensor.ToContract())], [.. part.Outputs.Select(tensor => tensor.ToContract())]),
            StringComparer.Ordinal);
        return manifest with
        {
            Encoder = parts[ModelParts.Encoder],
            Cell = parts[ModelParts.Cell],
            Decoder = parts[ModelParts.Decoder],
            CellVectorJacobian = parts.GetValueOrDefault(ModelParts.CellVectorJacobian),
        };
    }

    private IEnumerable<StampedPart> Parts()
    {
        yield return new StampedPart(ModelParts.Encoder, BundleFileNames.Encoder, _model.Encoder, [Tensors.Input], Tensors.Injections);
        yield return new StampedPart(ModelParts.Cell, BundleFileNames.Cell, _model.Cell, [Tensors.State, .. Taken(_model.Cell, _model.CellInjections)], [_mapped]);
        yield return new StampedPart(
            ModelParts.Decoder,
            BundleFileNames.Decoder,
            _model.Decoder,
            [Tensors.State with { Foreign = _model.Decoder.Inputs[0].Name }, .. Taken(_model.Decoder, _model.DecoderInjections)],
            [Tensors.Output]);
        if (_model.Product is { } product)
        {
            yield return new StampedPart(
                ModelParts.CellVectorJacobian,
                BundleFileNames.CellVectorJacobian,
                product,
                [
                    Tensors.State with { Foreign = product.Inputs[0].Name },
                    .. Taken(product, _model.CellInjections),
                    new StampedTensor(product.Inputs[^1].Name, TensorNames.Cotangent, Tensors.State.Shape),
                ],
                [new StampedTensor(product.Outputs[0].Name, TensorNames.CotangentProduct, Tensors.State.Shape)]);
        }
    }

    /// <summary>Inputs of a graph after z, in the order in which the bundle's encoder gives them.</summary>
    private IEnumerable<StampedTensor> Taken(ForeignGraph graph, IReadOnlyList<ForeignTensor> given) =>
        graph.Inputs.Skip(1).Zip(given, (input, tensor) => (Place: _model.Injections.ToList().FindIndex(other => other.Name == tensor.Name), input))
            .OrderBy(taken => taken.Place)
            .Select(taken => Tensors.Injections[taken.Place] with { Foreign = taken.input.Name });

    private StampedTensor Of(string part, ForeignTensor tensor, string name) => new(tensor.Name, name, _shapes[part, tensor]);

    private sealed record StampedPart(string Name, string File, ForeignGraph Graph, IReadOnlyList<StampedTensor> Inputs, IReadOnlyList<StampedTensor> Outputs);
}
