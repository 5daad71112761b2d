namespace Deq.Runtime.Tasks.Restoration;

/// <summary>Which σ the regulariser is given, by operator: it bounds from below what the noise alone would ask for.</summary>
/// <remarks>Where H keeps every pixel the noise decides. Where H loses some, a regulariser made for faint noise is too weak to guide what is made up.</remarks>
internal static class RestorationScales
{
    /// <summary>The smallest σ_R, grey levels.</summary>
    public static double LeastSigma(Degradation degradation) => degradation.Name switch
    {
        Degradation.Mask => 10,
        Degradation.Blur => 10,
        Degradation.Downsample => 5,
        _ => 0,
    };
}
