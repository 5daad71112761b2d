namespace Deq.Runtime.Tasks.Restoration;

/// <summary>H: what was done to a picture before it was measured, the noise apart.</summary>
public sealed record Degradation
{
    /// <summary>Nothing but noise.</summary>
    public const string Identity = "identity";

    /// <summary>Some pixels are missing.</summary>
    public const string Mask = "mask";

    /// <summary>A known blur.</summary>
    public const string Blur = "blur";

    /// <summary>Bicubic shrinking by a whole factor.</summary>
    public const string Downsample = "downsample";

    private Degradation(string name) => Name = name;

    /// <summary>The names, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> Names { get; } = [Identity, Mask, Blur, Downsample];

    /// <summary>The factors of <see cref="Downsample"/>.</summary>
    public static IReadOnlyList<int> Factors { get; } = [2, 3];

    /// <summary>One of <see cref="Names"/>.</summary>
    public string Name { get; }

    /// <summary>Of <see cref="Mask"/>: whether each pixel was measured.</summary>
    public IReadOnlyList<bool>? Known { get; private init; }

    /// <summary>Of a blur, and of shrinking.</summary>
    public BlurKernel? Kernel { get; private init; }

    /// <summary>How much larger the restored picture is along each side. Default 1.</summary>
    public int Factor { get; private init; } = 1;

    /// <summary>Whether every pixel was measured as it is, the noise apart.</summary>
    public bool KeepsAll { get; private init; }

    /// <summary>Nothing but noise.</summary>
    public static Degradation OfNoise() => new(Identity) { KeepsAll = true };

    /// <summary>Some pixels are missing.</summary>
    /// <param name="known">Whether each pixel was measured; at least one was.</param>
    /// <param name="isOfLossy">Whether it is a part of a picture of which pixels are missing, though maybe none here: then it is restored as the others are. Default false.</param>
    public static Degradation OfMask(IReadOnlyList<bool> known, bool isOfLossy = false) => new(Mask) { Known = known, KeepsAll = !isOfLossy && !known.Contains(false) };

    /// <summary>A known blur.</summary>
    public static Degradation OfBlur(BlurKernel kernel) => new(Blur) { Kernel = kernel };

    /// <summary>Bicubic shrinking.</summary>
    /// <param name="factor">One of <see cref="Factors"/>.</param>
    public static Degradation OfShrinking(int factor) => new(Downsample) { Kernel = BlurKernel.Shrinking(factor), Factor = factor };
}
