using Deq.Export.Graphs;
using Deq.Runtime.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Verification;

/// <summary>Which inputs a bundle is verified on.</summary>
/// <param name="Data">Real ones; null for random ones alone.</param>
/// <param name="Count">Inputs of each kind, at least 1.</param>
/// <param name="Seed">Draws the random ones.</param>
internal sealed record VerifiedSamples(DirectoryInfo? Data, int Count, int Seed);

/// <summary>What a task says of the comparison of Torch with ONNX Runtime.</summary>
internal sealed record VerifiedModel
{
    /// <summary>As the bundle's recipe builds them.</summary>
    public required ModelGraphs Graphs { get; init; }

    /// <summary>uᵀ·∂f/∂z as a graph; null where bundles have none.</summary>
    public Graph? Product { get; init; }

    /// <summary>The sizes of one state in Torch, given the encoder's outputs. Default <c>[1, D]</c>, the flat state.</summary>
    public Func<IReadOnlyList<Tensor>, long[]>? StateSizes { get; init; }

    /// <summary>Evaluations of each whole solve, at least 1.</summary>
    public required int Evaluations { get; init; }

    /// <summary>The groups of inputs, each a row of the table.</summary>
    public required IReadOnlyList<VerifiedInputs> Inputs { get; init; }
}

/// <summary>Inputs of one kind and size.</summary>
/// <param name="Name">In words.</param>
/// <param name="Model">The bundle's model at that size.</param>
/// <param name="Sizes">Of the encoder's input with its batch of 1.</param>
/// <param name="Values">Encoder inputs, row-major.</param>
internal sealed record VerifiedInputs(string Name, OnnxModel Model, long[] Sizes, IReadOnlyList<float[]> Values)
{
    /// <summary>Inputs of independent uniform numbers in [−1, 1).</summary>
    public static IReadOnlyList<float[]> Noise(int count, int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => (2 * random.NextSingle()) - 1).ToArray())];
    }
}

/// <summary>One comparison of a verification.</summary>
/// <param name="Part">What was compared.</param>
/// <param name="LargestDifference">Largest difference of any number, as a share of the largest expected magnitude; NaN when either side was not a number.</param>
internal sealed record VerifiedPart(string Part, double LargestDifference);
