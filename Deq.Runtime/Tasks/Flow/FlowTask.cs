using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Two frames become the motion between them.</summary>
public sealed class FlowTask : IModelTask
{
    /// <summary>The task's name in manifests.</summary>
    public const string Id = "optical-flow";

    /// <summary>The decoder's output, <c>[B, 2, H, W]</c>, pixels to the right and down.</summary>
    public const string Flow = "flow";

    /// <summary>What the encoder of a model that corrects a guess hands to the decoder past the cell, <c>[B, …]</c>.</summary>
    public const string Detail = "detail";

    /// <inheritdoc/>
    public string Name => Id;

    /// <summary>A cost volume, a further output of the encoder and input of the cell.</summary>
    /// <param name="level">0 is the finest.</param>
    public static string Volume(int level) => $"volume{level}";

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return FlowRules.Faults(manifest);
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        bool isGuessed = manifest.Input.Guess is not null;
        string? start = InjectionUse.StartOf(manifest);
        int outputs = manifest.Encoder.Outputs.Count - (start is null ? 0 : 1);
        int volumes = isGuessed ? Math.Max(0, outputs - 2) : Math.Max(1, outputs - 1);
        string[] toCell = [TensorNames.Injection, .. Enumerable.Range(0, volumes).Select(Volume)];
        return new ModelContract
        {
            Input = TensorNames.Image,
            CellInjections = toCell,
            DecoderInjections = [.. toCell.Intersect(InjectionUse.Of(manifest).Decoder), .. isGuessed ? [Detail] : Array.Empty<string>()],
            Start = start,
            Output = Flow,
            Sizes = manifest.Input.Sizes,
            Residual = FlowState.Find(manifest) is { } state ? state.ResidualAt : null,
            Shapes = Shapes(manifest),
        };
    }

    private static Dictionary<string, RequiredShape> Shapes(ModelManifest manifest)
    {
        if (manifest.Input.Sizes is not { Multiple: >= 1 } sizes || FlowState.Find(manifest) is not { } state || !state.Divides(sizes.Multiple))
        {
            return [];
        }

        Dictionary<string, RequiredShape> shapes = RequiredShape.Of(manifest, new(Planes(state.Hidden + 2, state.Cells(sizes.Multiple)), "state"));
        shapes[TensorNames.Image] = new(Planes(manifest.Input.Guess is null ? 2 * manifest.Input.Channels : FlowGuess.Planes, sizes.Multiple), "input.sizes");
        shapes[Flow] = new(Planes(2, sizes.Multiple), "input.sizes");
        return shapes;
    }

    private static string[] Planes(int channels, int factor) =>
        ["B", $"{channels}", new Extent(factor, Extent.Height).ToString(), new Extent(factor, Extent.Width).ToString()];
}
