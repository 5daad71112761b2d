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
        IReadOnlyList<string> state = manifest.Cell.Inputs is [{ Shape: [string batch, string width] }, ..] ? [batch, width] : ["B", "D"];
        var ofState = new RequiredShape(state, "the cell's z");
        var shapes = new Dictionary<string, RequiredShape>
        {
            [TensorNames.Image] = new(["B", $"{input.Channels}", $"{input.Height}", $"{input.Width}"], "input"),
            [TensorNames.State] = ofState,
            [TensorNames.Mapped] = ofState,
            [TensorNames.Cotangent] = ofState,
            [TensorNames.CotangentProduct] = ofState,
            [Logits] = new(["B", $"{manifest.Labels.Count}"], "the number of labels"),
        };
        if (manifest.Encoder.Outputs is [{ Shape: not null } x])
        {
            shapes.Add(TensorNames.Injection, new(x.Shape, "the encoder's x"));
        }

        return new ModelContract { Input = TensorNames.Image, CellInjections = [TensorNames.Injection], Output = Logits, Shapes = shapes };
    }
}
