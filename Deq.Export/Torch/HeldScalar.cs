using TorchSharp;

namespace Deq.Export.Torch;

/// <summary>Numbers for Torch's operations that outlive the call they are made for.</summary>
/// <remarks>
/// TorchSharp hands the native side a pointer to the number and keeps no hold of the object that owns it: a collection that another thread starts during
/// the call may free it, and the operation then reads whatever lies there.
/// </remarks>
internal static class HeldScalar
{
    private static readonly ThreadLocal<Recent> s_recent = new(() => new Recent());

    /// <summary>1, held for good.</summary>
    public static Scalar One { get; } = 1;

    /// <summary>The number, held until this thread has asked for 64 more: no operation takes nearly as many.</summary>
    public static Scalar Of(double value) => s_recent.Value!.Hold(value);

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(long value) => s_recent.Value!.Hold(value);

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(bool value) => s_recent.Value!.Hold(value);

    private sealed class Recent
    {
        private readonly Scalar[] _held = new Scalar[64];
        private int _next;

        public Scalar Hold(Scalar scalar)
        {
            _held[_next] = scalar;
            _next = (_next + 1) % _held.Length;
            return scalar;
        }
    }
}
