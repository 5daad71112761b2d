using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Reparametrizations;

/// <summary>
/// A weight divided by its largest singular value: w = v/σ(V), where V is the weight as a matrix <c>[K, everything else]</c> and σ is
/// estimated by power iteration.
/// </summary>
/// <remarks>
/// The state u <c>[K]</c> is the left singular vector so far. It carries no gradient; σ = uᵀ·V·r does, through V alone, which is the exact
/// gradient once the vectors have converged. Source: Miyato et al., "Spectral normalization for GANs", ICLR 2018.
/// </remarks>
internal static class SpectralNorm
{
    // Keeps a zero matrix from dividing by zero; far below any trained singular value.
    private const double Floor = 1e-12;

    /// <summary>Enough from a state near the singular vector: a vector that is still apart then has nearly the same singular value.</summary>
    private const int SettlingIterations = 30;

    /// <summary>By how much the length of a unit vector of single precision may be another than 1; that of an average is less by more.</summary>
    private const double LengthError = 1e-4;

    /// <summary>A starting state for a weight: power iteration from the matrix's row sums of squares, carried on for a while.</summary>
    /// <param name="v">The trained parameter, <c>[K, …]</c>. Borrowed.</param>
    /// <param name="iterations">Power iterations, at least 1. Default 30.</param>
    /// <returns>u <c>[K]</c>, of length 1, without a gradient history.</returns>
    public static Tensor Start(Tensor v, int iterations = SettlingIterations)
    {
        using IDisposable off = no_grad();
        using Tensor matrix = v.reshape(v.shape[0], -1);
        using Tensor squares = matrix * matrix;
        return Settled(matrix, squares.sum(1), iterations);
    }

    /// <summary>The effective weight. Differentiable in v.</summary>
    /// <remarks>
    /// An average over training steps has the average of unit vectors for its state, which is shorter than 1 and not the singular vector of the average
    /// matrix: σ = uᵀ·V·r would be too small with it, and the exported weight longer than 1. So what has another length than 1 is iterated on a copy first.
    /// </remarks>
    /// <param name="v">The trained parameter, <c>[K, …]</c>. Borrowed.</param>
    /// <param name="state">u, <c>[K]</c>, of any length above 0; overwritten in place by one power iteration when asked.</param>
    /// <param name="iterate">Whether to improve the state: yes in training, once per step; no when the weight must stay the same.</param>
    public static Tensor Compose(Tensor v, Tensor state, bool iterate)
    {
        using Tensor matrix = v.reshape(v.shape[0], -1);
        using Tensor u = Left(matrix, state, iterate);
        using Tensor right = Right(matrix, u);
        using Tensor image = matrix.mv(right);
        using Tensor sigma = u.dot(image);
        using Tensor safe = sigma.clamp_min(HeldScalar.Of(Floor));
        return v / safe;
    }

    /// <summary>The effective weight as plain numbers, for export; the state stays as it is.</summary>
    /// <param name="v">The trained parameter, <c>[K, …]</c>. Borrowed.</param>
    /// <param name="state">u, <c>[K]</c>. Borrowed.</param>
    /// <returns>Row-major.</returns>
    public static float[] Fold(Tensor v, Tensor state)
    {
        using IDisposable off = no_grad();
        using Tensor w = Compose(v, state, iterate: false);
        return PlainValues.Of(w);
    }

    /// <summary>The left singular vector, of length 1: the state after one power iteration, which it keeps, or as it is, where it is no average.</summary>
    private static Tensor Left(Tensor matrix, Tensor state, bool iterate)
    {
        using IDisposable off = no_grad();
        if (!iterate)
        {
            using Tensor length = state.norm();
            using Tensor single = length.to(ScalarType.Float32);
            return Math.Abs(1 - single.item<float>()) > LengthError ? Settled(matrix, state.clone(), SettlingIterations) : state.clone();
        }

        Tensor improved = Iterated(matrix, state);
        state.copy_(improved);
        return improved;
    }

    /// <summary>The right singular vector that belongs to a left one.</summary>
    private static Tensor Right(Tensor matrix, Tensor u)
    {
        using IDisposable off = no_grad();
        return Through(matrix.t(), u);
    }

    /// <summary>u after some power iterations. Takes u over.</summary>
    private static Tensor Settled(Tensor matrix, Tensor u, int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            Tensor next = Iterated(matrix, u);
            u.Dispose();
            u = next;
        }

        return u;
    }

    private static Tensor Iterated(Tensor matrix, Tensor u)
    {
        using Tensor right = Through(matrix.t(), u);
        return Through(matrix, right);
    }

    /// <summary>matrix·vector, scaled to length 1.</summary>
    private static Tensor Through(Tensor matrix, Tensor vector)
    {
        using Tensor product = matrix.mv(vector);
        using Tensor length = product.norm();
        using Tensor safe = length.clamp_min(HeldScalar.Of(Floor));
        return product / safe;
    }
}
