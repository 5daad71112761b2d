using Deq.Export.Torch;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Keeps the filters in the set in which denoising is convex: each of mean 0, and ‖W‖ at most 1.</summary>
/// <remarks>The set is convex, so averages of filters in it are in it.</remarks>
internal static class FilterBounds
{
    // Frequencies along each axis at which ‖W‖ is looked for: three times the filters' extent in channels, so that no peak lies far from all.
    private const long Frequencies = 16;

    /// <summary>Moves the parameters into the set.</summary>
    public static void Project(ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor filters = parameters.Trainable.First(entry => entry.Name.Contains(RidgeRegularizer.Filters, StringComparison.Ordinal)).Value;
        filters.sub_(filters.mean([1, 2, 3], keepdim: true));
        filters.copy_(Clipped(filters));
        double squared = SquaredNorm(filters, Frequencies);
        if (squared > 1)
        {
            filters.mul_(HeldScalar.Of(Math.Sqrt(1 / squared)));
        }
    }

    /// <summary>The filters with every singular value at every frequency at most 1, cut back to their windows: flattens peaks that scaling alone would pay for elsewhere.</summary>
    /// <remarks>Source: Sedghi, Gupta and Long, "The singular values of convolutional layers" (2019).</remarks>
    private static Tensor Clipped(Tensor filters)
    {
        Tensor symbol = fft.fft2(filters, [Frequencies, Frequencies]).permute(2, 3, 0, 1);
        (Tensor squares, Tensor directions) = linalg.eigh(symbol.transpose(2, 3).conj().matmul(symbol));
        Tensor scale = squares.clamp(min: HeldScalar.One).rsqrt().unsqueeze(-2);
        Tensor clipped = symbol.matmul((directions * scale).matmul(directions.transpose(2, 3).conj()));
        return fft.ifft2(clipped.permute(2, 3, 0, 1)).real.narrow(2, 0, filters.shape[2]).narrow(3, 0, filters.shape[3]);
    }

    /// <summary>‖W‖² of a convolution, the largest eigenvalue of its symbol over a grid of frequencies.</summary>
    /// <param name="filters"><c>[K, C, h, w]</c>.</param>
    /// <param name="frequencies">Along each axis, at least h and w.</param>
    public static double SquaredNorm(Tensor filters, long frequencies)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor symbol = fft.fft2(filters, [frequencies, frequencies]).permute(2, 3, 0, 1);
        Tensor gram = symbol.transpose(2, 3).conj().matmul(symbol);
        return linalg.eigvalsh(gram).max().item<float>();
    }
}
