using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Latent;

/// <summary>A latent vector becomes an image: an equilibrium decoder, whose input is found by joint inference where an image is given.</summary>
public sealed class LatentTask : IModelTask
{
    /// <summary>The task's name in manifests.</summary>
    public const string Id = "latent-decoding";

    /// <summary>The encoder's input, <c>[B, L]</c>.</summary>
    public const string Latent = "latent";

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return LatentRules.Faults(manifest);
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ImageInput image = manifest.Input;
        return new ModelContract
        {
            Input = Latent,
            CellInjections = [TensorNames.Injection],
            Output = TensorNames.Image,
            Shapes = new Dictionary<string, RequiredShape>
            {
                [TensorNames.Image] = new(["B", $"{image.Channels}", $"{image.Height}", $"{image.Width}"], "input"),
            },
        };
    }
}
