using Deq.Runtime.Scheduling;

namespace Deq.Runtime.WarmStarts;

/// <summary>Where the solve of a next frame may start, and by which numbers of a manifest's quality a model is trusted to start there at all.</summary>
public static class FlowStarts
{
    /// <summary>The default share of κ, the least residual of a cold start, up to which a start is gone on with at once.</summary>
    public const double DefaultSureShare = 0.5;

    /// <summary>The quality that says how well solves from carried and from cold starts end at one point: a cosine.</summary>
    public const string Alignment = "asymptoticAlignment";

    /// <summary>The quality that says how far the answers from both lie apart: pixels.</summary>
    public const string Distance = "warmDistance";

    /// <summary>
    /// The state carried along its motion, as it was, and zero, in this order; null after a cut, which starts cold. What is not surely of the same scene
    /// tries all of them.
    /// </summary>
    /// <param name="change">What the pictures say.</param>
    /// <param name="carried">The last frame's state, moved; <c>[StateWidth]</c>.</param>
    /// <param name="state">The last frame's state; <c>[StateWidth]</c>.</param>
    /// <param name="pixelsPerChange">κ of the model.</param>
    /// <param name="sureShare">See <see cref="DefaultSureShare"/>; 0 to 1.</param>
    public static StartPlan? Plan(
        SceneChange change, ReadOnlyMemory<float> carried, ReadOnlyMemory<float> state, double pixelsPerChange, double sureShare = DefaultSureShare) =>
        change == SceneChange.Cut ? null : new StartPlan
        {
            Candidates = [carried, state, ReadOnlyMemory<float>.Empty],
            SureBelow = change == SceneChange.None ? sureShare * pixelsPerChange : 0,
        };
}
