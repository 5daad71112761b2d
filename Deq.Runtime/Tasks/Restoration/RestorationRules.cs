using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>What the manifest of a restorer must satisfy beyond what every manifest must.</summary>
internal static class RestorationRules
{
    private const int LargestMultiple = 64;
    private const int LargestMargin = 64;
    private const int MostPixels = 1 << 26;

    /// <summary>How pictures of any size are met: mirrored beyond their edges.</summary>
    public const string Mirror = "mirror";

    public static IEnumerable<string> Faults(ModelManifest manifest)
    {
        ImageInput input = manifest.Input;
        foreach (string fault in input.Faults())
        {
            yield return fault;
        }

        if (input.Channels != 1 || input.Resize != Mirror)
        {
            yield return $"input has {input.Channels} channels and resize '{input.Resize}'; a restorer takes 1 channel at a time and mirrors its edges ('{Mirror}').";
        }

        if (input.Sizes?.Padding is not null)
        {
            yield return "input.sizes.padding is of a flow estimator; a restorer mirrors all edges.";
        }

        if (input.Height != 0 || input.Width != 0 || input.Sizes is not { Multiple: >= 1 and <= LargestMultiple, LeastSide: >= 1, MostPixels: >= 1 and <= MostPixels } sizes)
        {
            yield return $"input.sizes is missing or out of range; a restorer takes any size: a multiple of 1 to {LargestMultiple}, a leastSide of at least 1, at most {MostPixels} pixels.";
        }
        else if (sizes.TypicalHeight % sizes.Multiple != 0 || sizes.TypicalWidth % sizes.Multiple != 0 || sizes.Refusal(sizes.TypicalHeight, sizes.TypicalWidth) is not null)
        {
            yield return $"input.sizes.typicalHeight and typicalWidth are {sizes.TypicalHeight} and {sizes.TypicalWidth}; they are multiples of {sizes.Multiple} within the limits.";
        }

        if (manifest.Labels.Count > 0 || manifest.State is not null)
        {
            yield return "labels and state are of other tasks; this is a restorer.";
        }

        foreach (string fault in Regularizer(RestorationContract.Find(manifest)))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Regularizer(RestorationContract? contract)
    {
        if (contract is null)
        {
            yield return "restoration is missing; a restorer says there what its regulariser is.";
            yield break;
        }

        if (contract.LeastSigma is not > 0 || contract.MostSigma is not < 255 || !(contract.LeastSigma <= contract.MostSigma))
        {
            yield return $"restoration.leastSigma and mostSigma are {contract.LeastSigma} and {contract.MostSigma}; they are grey levels above 0 and below 255, in order.";
        }

        if (contract.Step is not (> 0 and < 1))
        {
            yield return $"restoration.step is {contract.Step}; it is above 0 and below 1.";
        }

        if (contract.Curvature is not (> 0 and <= 1000))
        {
            yield return $"restoration.curvature is {contract.Curvature}; it is above 0 and at most 1000.";
        }

        if (contract.Concavity is not (>= 0 and <= 1000))
        {
            yield return $"restoration.concavity is {contract.Concavity}; it is 0 to 1000.";
        }

        if (contract.Margin is < 0 or > LargestMargin)
        {
            yield return $"restoration.margin is {contract.Margin}; it is 0 to {LargestMargin} pixels.";
        }
    }
}
