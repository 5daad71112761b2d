namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>When two consecutive frames count as parts of two scenes.</summary>
/// <remarks>
/// Motion changes where things are, but hardly how much of each grey there is; a cut changes both. So a cut needs both measures. Measured between consecutive frames of Sintel, Middlebury and KITTI: picture 0.006 to 0.024 and greys 0.004 to 0.027, at
/// the fastest motion 0.079 and 0.16 (Sintel, market_5) and 0.11 and 0.045 (KITTI); between frames of different scenes at least 0.18 and 0.28.
/// </remarks>
public sealed record CutOptions
{
    /// <summary><see cref="FrameDifference.Picture"/> from which a cut is possible, 0 to 1. Default 0.13.</summary>
    public double Picture { get; init; } = 0.13;

    /// <summary><see cref="FrameDifference.Greys"/> from which a cut is possible, 0 to 1. Default 0.22.</summary>
    public double Greys { get; init; } = 0.22;

    /// <summary>Whether a difference is that of two scenes.</summary>
    public bool IsCut(FrameDifference difference) => difference.Picture >= Picture && difference.Greys >= Greys;
}
