using Deq.Export.Torch;
using Deq.Runtime.Tasks.Restoration;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>
/// What the host does to the cell's step where an operator loses pixels, as Torch's operations: f(z) −= τ·HᵀHz where H is a convolution, and the projection onto pictures
/// that stay near the range of greys.
/// </summary>
internal sealed record LossyTerm
{
    private LossyTerm()
    {
    }

    /// <summary>What differs by row: kernels <c>[B, 1, K, K]</c> and τ <c>[B, 1, 1, 1]</c>; nothing of masks.</summary>
    public IReadOnlyList<Tensor> PerRow { get; private init; } = [];

    private int Factor { get; init; }

    private int First { get; init; }

    private int Count { get; init; }

    /// <summary>Of masks: the projection alone.</summary>
    public static LossyTerm OfMasks() => new();

    /// <summary>Of convolutions of one factor.</summary>
    /// <param name="kernels">Of each row.</param>
    /// <param name="steps">τ of each row.</param>
    /// <param name="factor">Pixels from one measured pixel to the next.</param>
    /// <param name="margin">Pixels of the plane before the picture.</param>
    /// <param name="count">Measured pixels along a side.</param>
    /// <param name="device">Where the tensors live.</param>
    public static LossyTerm OfConvolutions(IReadOnlyList<BlurKernel> kernels, float[] steps, int factor, int margin, int count, Device device)
    {
        int size = kernels.Max(kernel => kernel.Size);
        float[] taps = new float[kernels.Count * size * size];
        for (int row = 0; row < kernels.Count; row++)
        {
            BlurKernel kernel = kernels[row];
            int edge = (size - kernel.Size) / 2;
            for (int line = 0; line < kernel.Size; line++)
            {
                kernel.Taps.AsSpan(line * kernel.Size, kernel.Size).CopyTo(taps.AsSpan((((row * size) + edge + line) * size) + edge));
            }
        }

        return new LossyTerm
        {
            PerRow = [tensor(taps, [kernels.Count, 1, size, size], device: device), tensor(steps, [kernels.Count, 1, 1, 1], device: device)],
            Factor = factor,
            First = margin + ((factor - 1) / 2),
            Count = count,
        };
    }

    /// <summary>Completes a step.</summary>
    /// <param name="z"><c>[B, 1, S, S]</c>.</param>
    /// <param name="mapped">What the cell made of it.</param>
    /// <param name="perRow"><see cref="PerRow"/> of these rows.</param>
    public Tensor Complete(Tensor z, Tensor mapped, IReadOnlyList<Tensor> perRow)
    {
        Tensor completed = perRow.Count == 0 ? mapped : mapped - (perRow[1] * Normal(z, perRow[0]));
        return completed.clamp(HeldScalar.Of(-RestorationScales.Beyond), HeldScalar.Of(1 + RestorationScales.Beyond));
    }

    /// <summary>HᵀHz: every row is a channel of its own.</summary>
    private Tensor Normal(Tensor z, Tensor taps)
    {
        (long rows, long side, long size) = (z.shape[0], z.shape[2], taps.shape[2]);
        long from = First - (size / 2), reach = (Factor * (Count - 1)) + size;
        Tensor region = z.narrow(2, from, reach).narrow(3, from, reach).reshape(1, rows, reach, reach);
        Tensor measured = nn.functional.conv2d(region, taps, strides: [Factor, Factor], groups: rows);
        Tensor spread = nn.functional.conv_transpose2d(measured, taps, strides: [Factor, Factor], groups: rows);
        long after = side - from - reach;
        return nn.functional.pad(spread.reshape(rows, 1, reach, reach), [from, after, from, after]);
    }
}
