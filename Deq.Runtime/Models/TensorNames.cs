namespace Deq.Runtime.Models;

/// <summary>What the tensors of a bundle's graphs are called.</summary>
public static class TensorNames
{
    /// <summary>The encoder's input of tasks over images, <c>[B, C, H, W]</c>.</summary>
    public const string Image = "image";

    /// <summary>x, the injection: the encoder's output and the cell's second input, <c>[B, …]</c>.</summary>
    public const string Injection = "x";

    /// <summary>z, the state: input of cell and decoder, <c>[B, D]</c>.</summary>
    public const string State = "z";

    /// <summary>z_0, an output of the encoder that solves start from, like <see cref="State"/>. Optional: without it they start from zero.</summary>
    public const string Start = "z0";

    /// <summary>f(z, x), the cell's output, <c>[B, D]</c>.</summary>
    public const string Mapped = "fz";

    /// <summary>u, the cotangent, <c>[B, D]</c>.</summary>
    public const string Cotangent = "u";

    /// <summary>uᵀ·∂f/∂z, <c>[B, D]</c>.</summary>
    public const string CotangentProduct = "uJ";

    /// <summary>An energy of z, <c>[B, 1]</c>.</summary>
    public const string Energy = "energy";

    /// <summary>Names that no injection may have.</summary>
    internal static IReadOnlyList<string> Reserved { get; } = [State, Start, Mapped, Cotangent, CotangentProduct, InjectionProduct, OutputCotangent, OutputProduct, InjectionCotangent, InputProduct, Energy];

    /// <summary>uᵀ·∂f/∂x, <c>[B, …]</c> in x's shape.</summary>
    public const string InjectionProduct = "uJx";

    /// <summary>v, the cotangent of the decoder's output, in its shape.</summary>
    public const string OutputCotangent = "v";

    /// <summary>vᵀ·∂output/∂z, <c>[B, D]</c>.</summary>
    public const string OutputProduct = "vD";

    /// <summary>w, the cotangent of x, in x's shape.</summary>
    public const string InjectionCotangent = "w";

    /// <summary>wᵀ·∂x/∂input, in the shape of the encoder's input.</summary>
    public const string InputProduct = "wE";
}
