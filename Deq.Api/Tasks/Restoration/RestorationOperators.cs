using System.Globalization;
using Deq.Api.Problems;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>Which operator a request means, and whether what it brings fits.</summary>
internal static class RestorationOperators
{
    /// <summary>The operator.</summary>
    /// <exception cref="ProblemException">A part is missing, or is of another operator.</exception>
    public static Degradation Of(RestorationPayload payload, IReadOnlyDictionary<string, string> asked)
    {
        bool hasFactor = asked.TryGetValue(RestorationParameters.Factor.Name, out string? factor);
        string name = asked.GetValueOrDefault(
            RestorationParameters.Operator.Name,
            payload.Known is not null ? Degradation.Mask : payload.Kernel is not null ? Degradation.Blur : hasFactor ? Degradation.Downsample : Degradation.Identity);
        RefuseOther(name, payload, hasFactor);
        return name switch
        {
            Degradation.Mask => Degradation.OfMask(payload.Known ?? throw Missing(name, RestorationPayload.MaskPart)),
            Degradation.Blur => Degradation.OfBlur(Fitting(payload.Kernel ?? throw Missing(name, RestorationPayload.KernelPart), payload.Picture)),
            Degradation.Downsample => Degradation.OfShrinking(hasFactor ? int.Parse(factor!, CultureInfo.InvariantCulture) : RestorationParameters.UsualFactor),
            _ => Degradation.OfNoise(),
        };
    }

    private static BlurKernel Fitting(BlurKernel kernel, PicturePlanes picture) => kernel.Size <= 2 * Math.Max(picture.Width, picture.Height)
        ? kernel
        : throw new ProblemException(
            ProblemKinds.InvalidInput, $"The kernel spans {kernel.Size} pixels, more than twice the image's {picture.Width} x {picture.Height}.");

    private static void RefuseOther(string name, RestorationPayload payload, bool hasFactor)
    {
        string? other = payload.Known is not null && name != Degradation.Mask ? "a mask"
            : payload.Kernel is not null && name != Degradation.Blur ? "a kernel"
            : hasFactor && name != Degradation.Downsample ? "a factor"
            : null;
        if (other is not null)
        {
            throw new ProblemException(ProblemKinds.InvalidInput, $"The operator is {name}, and there is {other}, which is of another operator. One operator is undone at a time.");
        }
    }

    private static ProblemException Missing(string name, string part) =>
        new(ProblemKinds.MissingBody, $"The operator {name} needs a part named '{part}'.");
}
