using static TorchSharp.torch;

namespace Deq.Export.Torch;

/// <summary>Arithmetic for which TorchSharp's own operators would make numbers that nothing holds; see <see cref="HeldScalar"/>.</summary>
internal static class HeldArithmetic
{
    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, HeldScalar.One);

    /// <summary>a + b, written over a.</summary>
    public static Tensor AddInPlace(this Tensor a, Tensor b) => a.add_(b, HeldScalar.One);

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, double b) => a.add(HeldScalar.Of(b), HeldScalar.One);

    /// <summary>a · b.</summary>
    public static Tensor Times(this Tensor a, double b) => a.mul(HeldScalar.Of(b));

    /// <summary>a / b.</summary>
    public static Tensor Over(this Tensor a, double b) => a.div(HeldScalar.Of(b));

    /// <summary>a², elementwise.</summary>
    public static Tensor Squared(this Tensor a) => a * a;

    /// <summary>0, 1 … count − 1.</summary>
    public static Tensor CountTo(long count, ScalarType type, Device device) =>
        arange(HeldScalar.Of(0), HeldScalar.Of(count), HeldScalar.One, type, device);
}
