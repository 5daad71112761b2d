using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>A grid or sequence of tokens becomes its answer, in the same shape.</summary>
public sealed class ReasoningTask : IModelTask
{
    /// <summary>The task's name in manifests.</summary>
    public const string Id = "reasoning";

    /// <summary>The decoder's output, <c>[B, answers, H, W]</c>.</summary>
    public const string Logits = "logits";

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public IReadOnlyList<string> Sections => [ReasoningContract.Section];

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return ReasoningRules.Faults(manifest);
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        InjectionUse use = InjectionUse.Of(manifest);
        return new ModelContract
        {
            Input = TensorNames.Image,
            CellInjections = use.Cell,
            DecoderInjections = use.Decoder,
            Start = InjectionUse.StartOf(manifest),
            Output = Logits,
            Sizes = manifest.Input.Sizes,
            Shapes = Shapes(manifest),
        };
    }

    /// <summary>Tokens and logits have the size of the input, a sequence's height being 1; the state is what the cell says.</summary>
    private static Dictionary<string, RequiredShape> Shapes(ModelManifest manifest)
    {
        ReasoningContract? reasoning = ReasoningContract.Find(manifest);
        bool isFree = manifest.Input.Sizes is not null;
        string height = reasoning?.Layout == "line" ? "1" : isFree ? Extent.Height : $"{manifest.Input.Height}";
        string width = isFree ? Extent.Width : $"{manifest.Input.Width}";
        Dictionary<string, RequiredShape> shapes = RequiredShape.Of(manifest, RequiredShape.OfState(manifest));
        shapes[TensorNames.Image] = new(["B", "1", height, width], "input");
        shapes[Logits] = new(["B", $"{reasoning?.Answers.Count}", height, width], "reasoning.answers");
        return shapes;
    }
}
