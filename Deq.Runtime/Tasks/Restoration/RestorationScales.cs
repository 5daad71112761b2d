namespace Deq.Runtime.Tasks.Restoration;

/// <summary>Which σ and which weight the regulariser is given, by operator: the σ bounds from below what the noise alone would ask for.</summary>
/// <remarks>Where H keeps every pixel the noise decides. Where H loses some, a regulariser made for faint noise is too weak to guide what is made up.</remarks>
public static class RestorationScales
{
    /// <summary>The smallest σ_R, grey levels: of 4 to 23 near the best for masks, blurs and shrinking alike.</summary>
    public static double LeastSigma(Degradation degradation) => degradation.KeepsAll ? 0 : 20;

    /// <summary>The faintest noise, grey levels, by which the regulariser is weighted.</summary>
    /// <remarks>
    /// Nearly without weight it moves what shrinking has lost by so little a step that a solve seems to rest at its start. Where noise of 0.3 was added, as 8 bits do, a
    /// floor of 1.4 restores halves to 28.01 instead of 27.59 dB and thirds to 25.15 instead of 24.76 dB on 8 pictures of training; 1 and 2 are within 0.05 dB of that. Blurs
    /// lose by a floor, and masks do not care.
    /// </remarks>
    public static double LeastNoise(Degradation degradation) => degradation.Name == Degradation.Downsample ? 1.4 : 0;

    /// <summary>The weight of the regulariser in units of what the noise asks for: it was trained on noise alone.</summary>
    /// <remarks>
    /// Of 0.35, 0.5, 0.7, 1, 1.4 and 2 on 8 pictures of training, 0.5 and 0.7 restore blurs best (Gaussian +0.02 dB, motion +0.11 dB over 1), 1.4 and 2 halves
    /// (+0.10 and +0.15 dB). Thirds gain 0.01 dB at 1.4, which other pictures lose again.
    /// </remarks>
    public static double Strength(Degradation degradation) => (degradation.Name, degradation.Factor) switch
    {
        (Degradation.Blur, _) => 0.6,
        (Degradation.Downsample, 2) => 1.6,
        _ => 1,
    };

    /// <summary>By default the residual of masks, blurs and shrinking is this much smaller than the manifest's, which is for noise.</summary>
    /// <remarks>
    /// A step is small where H keeps little, though the fixed point is far. On 8 pictures of training a fifth of 0.0005 restores Gaussian blurs to 26.85 dB, two fifths to
    /// 26.61; motion blurs to 26.97 and 26.46, masks to 30.32 and 30.25, halves to 28.06 and 27.99 dB.
    /// </remarks>
    public const double LossyTolerance = 0.2;

    /// <summary>How far a pixel may leave the range of greys where pixels are lost.</summary>
    public const float Beyond = 0.5f;

    /// <summary>They may take so many times the evaluations of the manifest's default.</summary>
    public const int LossyEvaluations = 2;
}
