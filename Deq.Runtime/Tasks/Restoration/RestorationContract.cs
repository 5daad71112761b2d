using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>What a restorer's manifest says of its regulariser.</summary>
public sealed record RestorationContract
{
    /// <summary>The member of manifests that holds it.</summary>
    public const string Section = "restoration";

    /// <summary>The smallest σ that was trained, grey levels of 255, above 0.</summary>
    public required double LeastSigma { get; init; }

    /// <summary>The largest, below 255.</summary>
    public required double MostSigma { get; init; }

    /// <summary>τ, the step of one evaluation, in (0, 1).</summary>
    public required double Step { get; init; }

    /// <summary>Pixels that are added around an image, repeating it mirrored, 0 to 64: the regulariser sees zeros beyond them.</summary>
    public required int Margin { get; init; }

    /// <summary>An upper bound of the curvature of R, above 0.</summary>
    public required double Curvature { get; init; }

    /// <summary>The curvature of R is at least minus this, which is at least 0: R is weakly convex.</summary>
    public required double Concavity { get; init; }

    /// <summary>What a manifest says; null where it says nothing.</summary>
    /// <exception cref="JsonException">The section cannot be read.</exception>
    public static RestorationContract? Find(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Sections is { } sections && sections.TryGetValue(Section, out JsonElement section)
            ? ModelManifest.Read<RestorationContract>(section, Section)
            : null;
    }

    /// <summary>What the manifest of a restorer says.</summary>
    /// <exception cref="ArgumentException">The model is no restorer.</exception>
    public static RestorationContract Of(ModelManifest manifest) =>
        Find(manifest) ?? throw new ArgumentException("The model is no restorer.", nameof(manifest));
}
