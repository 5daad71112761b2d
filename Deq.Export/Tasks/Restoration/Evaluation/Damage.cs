using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>A kind of damage that restorers are measured on.</summary>
/// <param name="Name">In words.</param>
/// <param name="Sigma">Noise, grey levels.</param>
/// <param name="IsCommon">Whether all pictures are measured, or a few.</param>
/// <param name="Of">The operator for a picture.</param>
internal sealed record Damage(string Name, double Sigma, bool IsCommon, Func<GreyPicture, Degradation> Of)
{
    /// <summary>The name of noise alone.</summary>
    public const string Noise = "noise";

    private const double FaintSigma = 2.55;

    /// <summary>What 8 bits add by rounding.</summary>
    private const double RoundingSigma = 0.29;

    /// <summary>Noise of two strengths on all pictures, then every operator on a few.</summary>
    public static IReadOnlyList<Damage> All { get; } =
    [
        new(Noise, 15, true, _ => Degradation.OfNoise()),
        new(Noise, 25, true, _ => Degradation.OfNoise()),
        new(Noise, 5, false, _ => Degradation.OfNoise()),
        new("half of the pixels missing", FaintSigma, false, picture => Degradation.OfMask(DamagedPicture.Kept(picture, 0.5, seed: 5))),
        new("Gaussian blur, 25 x 25, σ 1.6", FaintSigma, false, _ => Degradation.OfBlur(BlurShapes.Gaussian(25, 1.6))),
        new("motion blur, 15 pixels", FaintSigma, false, _ => Degradation.OfBlur(BlurShapes.Motion(15, 15, 30))),
        new("half the size", FaintSigma, false, _ => Degradation.OfShrinking(2)),
        new("a third of the size", FaintSigma, false, _ => Degradation.OfShrinking(3)),
        new("half of the pixels missing", RoundingSigma, false, picture => Degradation.OfMask(DamagedPicture.Kept(picture, 0.5, seed: 5))),
        new("half the size", RoundingSigma, false, _ => Degradation.OfShrinking(2)),
    ];

    /// <summary>A picture after it, and with noise.</summary>
    /// <param name="picture">At least as large as the kernel of a blur.</param>
    /// <param name="place">Of the picture; decides the noise.</param>
    public DamagedPicture Apply(GreyPicture picture, int place) => DamagedPicture.Of(picture, Of(picture), Sigma, seed: place + 1);
}
