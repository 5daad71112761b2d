using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Classification;

/// <summary>An image becomes a class.</summary>
public sealed class ClassificationTask : IModelTask
{
    /// <summary>The task's name in manifests.</summary>
    public const string Id = "image-classification";

    /// <summary>The decoder's output, <c>[B, classes]</c>.</summary>
    public const string Logits = "logits";

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return ClassificationRules.Faults(manifest);
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ImageInput input = manifest.Input;
        RequiredShape ofState = manifest.Cell.Inputs is [{ Shape: [string batch, string width] }, ..]
            ? new(["B", width], "the cell's z")
            : new(["B", "D"], "a flat state, by z.flatten(1) on the way out of the cell and z.view(-1, …) on the way in,");
        Dictionary<string, RequiredShape> shapes = RequiredShape.Of(manifest, ofState);
        shapes[TensorNames.Image] = new(["B", $"{input.Channels}", $"{input.Height}", $"{input.Width}"], "input");
        bool isFlat = manifest.Decoder.Outputs is not [{ Shape.Count: > 2 }];
        shapes[Logits] = new(["B", $"{manifest.Labels.Count}"], isFlat ? "the number of labels" : "one number per label, by .flatten(1) in the decoder,");
        InjectionUse use = InjectionUse.Of(manifest);
        return new ModelContract
        {
            Input = TensorNames.Image,
            CellInjections = use.Cell,
            DecoderInjections = use.Decoder,
            Start = InjectionUse.StartOf(manifest),
            Output = Logits,
            Shapes = shapes,
        };
    }
}
