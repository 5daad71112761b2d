using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>What the manifest of a flow estimator must satisfy beyond what every manifest must.</summary>
internal static class FlowRules
{
    private const int LargestMultiple = 1024;
    private const int MostPixels = 1 << 26;
    private const double MostPixelsPerChange = 1000;

    /// <summary>How frames of any size are handled: padded.</summary>
    public const string Pad = "pad";

    public static IEnumerable<string> Faults(ModelManifest manifest)
    {
        ImageInput input = manifest.Input;
        foreach (string fault in input.Faults())
        {
            yield return fault;
        }

        if (input.Channels != 3)
        {
            yield return $"input.channels is {input.Channels}; each frame of a flow estimator has 3.";
        }

        if (input.Height != 0 || input.Width != 0)
        {
            yield return $"input.height and input.width are {input.Height} and {input.Width}; a flow estimator has input.sizes instead.";
        }

        if (input.Resize != Pad)
        {
            yield return $"input.resize is '{input.Resize}'; frames of a flow estimator are met by '{Pad}'.";
        }

        if (manifest.Labels.Count > 0)
        {
            yield return $"labels has {manifest.Labels.Count} names; a flow estimator has none.";
        }

        foreach (string fault in (string[])[.. Guess(input, FlowState.Find(manifest)), .. Sizes(input.Sizes), .. State(FlowState.Find(manifest), input.Sizes)])
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Guess(ImageInput input, FlowState? state)
    {
        if (input.Guess is not { } guess)
        {
            yield break;
        }

        if (guess != FlowGuess.Name)
        {
            yield return $"input.guess is '{guess}'; this server makes '{FlowGuess.Name}', or none.";
        }

        if (input.Sizes is { Multiple: >= 1 } sizes && sizes.Least.Height < FlowGuess.LeastSide)
        {
            yield return $"input.sizes.leastSide is {sizes.LeastSide}; a guess needs padded frames of at least {FlowGuess.LeastSide} pixels.";
        }

        if (state is not null && state.Stride != Math.Floor(state.Stride))
        {
            yield return $"state.stride is {state.Stride}; a guess is averaged over cells of whole pixels.";
        }
    }

    private static IEnumerable<string> Sizes(FrameSizes? sizes)
    {
        if (sizes is null)
        {
            yield return "input.sizes is missing; a flow estimator says there which frames it takes.";
            yield break;
        }

        if (sizes.Multiple is < 1 or > LargestMultiple)
        {
            yield return $"input.sizes.multiple is {sizes.Multiple}; it is 1 to {LargestMultiple} pixels.";
            yield break;
        }

        if (sizes.Padding is not (null or FrameSizes.End or FrameSizes.Centre))
        {
            yield return $"input.sizes.padding is '{sizes.Padding}'; it is {FrameSizes.End} or {FrameSizes.Centre}.";
        }

        if (sizes.MostPixels is < 1 or > MostPixels)
        {
            yield return $"input.sizes.mostPixels is {sizes.MostPixels}; it is 1 to {MostPixels}.";
        }

        if (sizes.LeastSide < 1 || sizes.LeastSide > Math.Sqrt(MostPixels) || sizes.Refusal(sizes.LeastSide, sizes.LeastSide) is not null)
        {
            yield return $"input.sizes.leastSide is {sizes.LeastSide}; it is at least 1, and a padded frame of that size has at most mostPixels, {sizes.MostPixels}.";
        }

        foreach ((string name, int pixels) in new[] { ("typicalHeight", sizes.TypicalHeight), ("typicalWidth", sizes.TypicalWidth) })
        {
            if (pixels < sizes.LeastSide || pixels < 1 || pixels % sizes.Multiple != 0)
            {
                yield return $"input.sizes.{name} is {pixels}; it is a multiple of {sizes.Multiple} and at least leastSide, {sizes.LeastSide}.";
            }
        }

        if ((long)sizes.TypicalHeight * sizes.TypicalWidth > sizes.MostPixels)
        {
            yield return $"input.sizes.typicalHeight and typicalWidth are {sizes.TypicalHeight} and {sizes.TypicalWidth}, more than mostPixels, {sizes.MostPixels}, in all.";
        }
    }

    private static IEnumerable<string> State(FlowState? state, FrameSizes? sizes)
    {
        if (state is null)
        {
            yield return "state is missing; a flow estimator says there what its state holds.";
            yield break;
        }

        if (state.Hidden < 0)
        {
            yield return $"state.hidden is {state.Hidden}; it is at least 0.";
        }

        if (!(state.Stride >= 1) || (sizes is { Multiple: >= 1 } && !state.Divides(sizes.Multiple)))
        {
            yield return $"state.stride is {state.Stride}; it is at least 1, and input.sizes.multiple, {sizes?.Multiple}, is a whole number of times it.";
        }

        if (state.PixelsPerChange is not (>= 0 and <= MostPixelsPerChange))
        {
            yield return $"state.pixelsPerChange is {state.PixelsPerChange}; it is 0 to {MostPixelsPerChange}.";
        }
    }
}
