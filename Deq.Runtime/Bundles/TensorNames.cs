namespace Deq.Runtime.Bundles;

/// <summary>What the tensors of a bundle's graphs are called.</summary>
public static class TensorNames
{
    /// <summary>The encoder's input, <c>[B, C, H, W]</c>; of a flow estimator both frames, <c>[B, 6, H, W]</c>.</summary>
    public const string Image = "image";

    /// <summary>x, the injection: the encoder's output and the cell's second input, <c>[B, …]</c>.</summary>
    public const string Injection = "x";

    /// <summary>A cost volume of a flow estimator, a further output of the encoder and input of the cell.</summary>
    /// <param name="level">0 is the finest.</param>
    public static string Volume(int level) => $"volume{level}";

    /// <summary>
    /// What the encoder of a flow estimator that is given a guess hands to the decoder past the cell, <c>[B, …]</c>: a further output of one and input of the
    /// other.
    /// </summary>
    public const string Detail = "detail";

    /// <summary>z, the state: input of cell and decoder, <c>[B, D]</c>.</summary>
    public const string State = "z";

    /// <summary>f(z, x), the cell's output, <c>[B, D]</c>.</summary>
    public const string Mapped = "fz";

    /// <summary>The decoder's output, <c>[B, classes]</c>.</summary>
    public const string Logits = "logits";

    /// <summary>The decoder's output of a flow estimator, <c>[B, 2, H, W]</c>, pixels to the right and down.</summary>
    public const string Flow = "flow";

    /// <summary>u, the cotangent, <c>[B, D]</c>.</summary>
    public const string Cotangent = "u";

    /// <summary>uᵀ·∂f/∂z, <c>[B, D]</c>.</summary>
    public const string CotangentProduct = "uJ";
}
