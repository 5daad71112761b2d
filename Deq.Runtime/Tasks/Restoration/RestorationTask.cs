using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>A damaged picture becomes the one that explains it best, under a known operator and a learned regulariser.</summary>
public sealed class RestorationTask : IModelTask
{
    /// <summary>
    /// The features of a regulariser are wide, its input is one plane. Two threads over planes of 336 x 496 pixels took 310 MB; without this a server with 512 MiB is
    /// killed by eight pictures of 1024 x 768.
    /// </summary>
    private const int CellBytesPerPixel = 640;

    /// <summary>The task's name in manifests.</summary>
    public const string Id = "image-restoration";

    /// <summary>An injection, <c>[B, filters, 1, 1]</c>: of every filter, its usual noise by t at the request's σ.</summary>
    public const string Sharpness = "sharpness";

    /// <summary>An injection, <c>[B, filters, H/2, W/2]</c>: how strongly each filter smooths at each place, in (0, 1].</summary>
    public const string Weights = "weights";

    /// <summary>The decoder's output, <c>[B, 1, H, W]</c>, 0 black to 1 white.</summary>
    public const string Restored = "restored";

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public IReadOnlyList<string> Sections => [RestorationContract.Section];

    /// <inheritdoc/>
    public IEnumerable<string> Faults(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return RestorationRules.Faults(manifest);
    }

    /// <inheritdoc/>
    public ModelContract Contract(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return new ModelContract
        {
            Input = TensorNames.Image,
            CellInjections = [TensorNames.Injection, Sharpness, Weights],
            EnergyInjections = [Sharpness, Weights],
            Output = Restored,
            Sizes = manifest.Input.Sizes,
            Added = shape => new ConvolutionTerm(shape).Add,
            Check = shape => new ConvolutionTerm(shape).RefusalOf,
            CellBytesPerPixel = CellBytesPerPixel,
            Shapes = Shapes(manifest),
        };
    }

    private static Dictionary<string, RequiredShape> Shapes(ModelManifest manifest)
    {
        var shapes = new Dictionary<string, RequiredShape>();
        if (manifest.Input.Sizes is not { Multiple: >= 1 } sizes)
        {
            return shapes;
        }

        shapes[TensorNames.Image] = Planes(RestorationPlanes.Count);
        shapes[TensorNames.Injection] = Planes(RestorationPlanes.Injected);
        foreach (string name in (string[])[TensorNames.State, TensorNames.Mapped, TensorNames.Cotangent, TensorNames.CotangentProduct, Restored])
        {
            shapes[name] = Planes(1);
        }

        return shapes;

        RequiredShape Planes(int count) => new(
            ["B", $"{count}", new Extent(sizes.Multiple, Extent.Height).ToString(), new Extent(sizes.Multiple, Extent.Width).ToString()], "input.sizes");
    }
}
