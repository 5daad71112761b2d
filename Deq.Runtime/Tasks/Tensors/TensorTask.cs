using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Tensors;

/// <summary>A tensor becomes a tensor, without more being known of either: any equilibrium model of one input of fixed shape.</summary>
public sealed class TensorTask : IModelTask
{
    /// <summary>The task's name in manifests.</summary>
    public const string Id = "tensor";

    /// <summary>What the encoder's input is called in bundles that are packed here; others may name it as they like.</summary>
    public const string Input = "input";

    /// <summary>What the decoder's output is called in bundles that are packed here; others may name it as they like.</summary>
    public const string Output = "output";

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        TensorInput input = ModelManifest.Read<TensorInput>(manifest.InputSection, "input");
        if (input.Datatype != TensorInput.Single)
        {
            yield return $"input.datatype is '{input.Datatype}'; it is {TensorInput.Single}.";
        }

        if (manifest.State is not null)
        {
            yield return "state is of other tasks; the cell's z says what a tensor's state is.";
        }
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        InjectionUse use = InjectionUse.Of(manifest);
        return new ModelContract
        {
            Input = NameOf(manifest.Encoder.Inputs) ?? Input,
            CellInjections = use.Cell,
            DecoderInjections = use.Decoder,
            Start = InjectionUse.StartOf(manifest),
            Output = NameOf(manifest.Decoder.Outputs) ?? Output,
            Shapes = RequiredShape.Of(manifest, RequiredShape.OfState(manifest)),
        };
    }

    private static string? NameOf(IReadOnlyList<TensorContract> tensors) => tensors is [{ Name: { Length: > 0 } name }] ? name : null;
}

/// <summary>What a manifest says of a tensor's elements; its name and shape are the encoder's.</summary>
public sealed record TensorInput
{
    /// <summary>Single precision, the only datatype of graphs.</summary>
    public const string Single = "FP32";

    /// <summary>By the Open Inference Protocol's names.</summary>
    public required string Datatype { get; init; }
}
