using Deq.Api.Problems;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>The problem of frames whose sizes a model does not take, the same for pictures, tensors and streams.</summary>
internal static class FrameSizeCheck
{
    /// <summary>Fails where two frames differ in size, or are too small or too large.</summary>
    /// <param name="first">Pixels of the frame whose pixels move.</param>
    /// <param name="second">Pixels of the frame after it.</param>
    /// <param name="input">What the model takes.</param>
    /// <exception cref="ProblemException">They do; the limit is named where they are too large.</exception>
    public static void Check((int Width, int Height) first, (int Width, int Height) second, ImageInput input)
    {
        if (FramePair.Refusal(first.Width, first.Height, second.Width, second.Height, input) is not { } refusal)
        {
            return;
        }

        throw input.Sizes is { } sizes && first == second && Math.Min(first.Width, first.Height) >= sizes.LeastSide
            ? new ProblemException(ProblemKinds.ImageTooLarge, refusal).WithLimit(sizes.MostPixels)
            : new ProblemException(ProblemKinds.FrameSize, refusal);
    }
}
