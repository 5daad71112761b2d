using Deq.Runtime.FixedPoints;

namespace Deq.Export.Verification;

/// <summary>The methods that Torch and ONNX Runtime are compared by: those of the catalogue, without estimates.</summary>
internal static class ComparedMethods
{
    /// <summary>Host memory estimates inner products of long rows and Torch does not, which would be a difference of methods, not of graphs.</summary>
    public static IReadOnlyList<IFixedPointMethod> All { get; } =
        [.. FixedPointMethods.All.Select(Exact)];

    /// <summary>A method without estimates.</summary>
    public static IFixedPointMethod Exact(IFixedPointMethod method) => method is AndersonAcceleration anderson ? anderson with { SamplesLongRows = false } : method;
}
