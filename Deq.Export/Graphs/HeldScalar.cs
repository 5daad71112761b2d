using TorchSharp;

namespace Deq.Export.Graphs;

/// <summary>Numbers for Torch's operations that outlive the call they are made for.</summary>
/// <remarks>
/// TorchSharp hands the native side a pointer to the number and keeps no hold of the object that owns it: a collection that another thread starts during
/// the call may free it, and the operation then reads whatever lies there.
/// </remarks>
internal static class HeldScalar
{
    /// <summary>How many of a thread's numbers are held: no operation takes nearly as many.</summary>
    private const int Held = 64;

    [ThreadStatic]
    private static Scalar[]? s_recent;

    [ThreadStatic]
    private static int s_next;

    /// <summary>The number, held until this thread has asked for 64 more.</summary>
    public static Scalar Of(double value) => Hold(value);

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(bool value) => Hold(value);

    private static Scalar Hold(Scalar scalar)
    {
        Scalar[] recent = s_recent ??= new Scalar[Held];
        recent[s_next] = scalar;
        s_next = (s_next + 1) % Held;
        return scalar;
    }
}
