namespace Deq.Runtime.Tasks.Restoration;

/// <summary>Which σ the regulariser is given, by operator: it bounds from below what the noise alone would ask for.</summary>
/// <remarks>Where H keeps every pixel the noise decides. Where H loses some, a regulariser made for faint noise is too weak to guide what is made up.</remarks>
internal static class RestorationScales
{
    /// <summary>The smallest σ_R, grey levels: of 4 to 23 near the best for masks, blurs and shrinking alike.</summary>
    public static double LeastSigma(Degradation degradation) => degradation.Name == Degradation.Identity ? 0 : 20;
}
