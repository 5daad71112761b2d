using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Where the solve of a next frame starts. Streams are served by this decision, and evaluations of clips measure it.</summary>
/// <param name="ColdReason"><see cref="Cut"/> or <see cref="Motion"/> of a cold start; null where the solve may start from the last pair's state.</param>
/// <param name="Plan">The candidates; null of a cold start.</param>
public sealed record NextStart(string? ColdReason, StartPlan? Plan)
{
    /// <summary>Cold, since a new scene begins.</summary>
    public const string Cut = "cut";

    /// <summary>Cold, since the last pair's flow does not fit the next pair: the camera jumped, or frames are missing.</summary>
    public const string Motion = "motion";

    /// <summary>Cold, since the residual of the cold start was the smaller.</summary>
    public const string Residual = "residual";

    /// <summary>The name of a start from the last pair's state, moved along its flow.</summary>
    public const string Warped = "warped";

    /// <summary>The name of a start from zero.</summary>
    public const string Cold = "cold";

    /// <summary>The names of a plan's candidates, in its order.</summary>
    public static IReadOnlyList<string> Names { get; } = [Warped, Cold];

    /// <summary>Decides.</summary>
    /// <param name="rule">How.</param>
    /// <param name="past">The last pair, its state, and the flow before it.</param>
    /// <param name="pastFit"><see cref="MotionFit.Along"/> of the last pair, at the state where its solve ended.</param>
    /// <param name="next">The next frame.</param>
    /// <param name="difference">How far the thumbnails of the last two frames differ, <see cref="FrameSketch.Difference"/>.</param>
    /// <param name="carried">Receives the moved state, <c>[StateWidth]</c>; held by the plan. Must not overlap with the last state.</param>
    public static NextStart Of(StartRule rule, FlowPast past, double pastFit, HalvedFrame next, FrameDifference difference, Memory<float> carried)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(past);
        if (rule.Cuts.IsCut(difference))
        {
            return new NextStart(Cut, null);
        }

        MotionFit fit = FlowStarts.Carry(past, next, rule.Layout, rule.Flow.Stride, rule.Carry, carried.Span);
        return fit.Holds(pastFit)
            ? new NextStart(null, FlowStarts.Plan(carried, past.State, rule.Flow, rule.Evaluations, rule.SureShare, rule.MostHiddenChange))
            : new NextStart(Motion, null);
    }
}

/// <summary>What decides where a solve starts.</summary>
public sealed record StartRule
{
    /// <summary>What the model's states hold.</summary>
    public required FlowState Flow { get; init; }

    /// <summary>How they lie in memory.</summary>
    public required FlowStateLayout Layout { get; init; }

    /// <summary>What the solve may spend, at least 1.</summary>
    public required int Evaluations { get; init; }

    /// <summary>When a new scene begins.</summary>
    public CutOptions Cuts { get; init; } = new();

    /// <summary>What becomes of the state when it is moved.</summary>
    public CarryOptions Carry { get; init; } = new();

    /// <summary>See <see cref="FlowStarts.DefaultSureShare"/>; 0 to 1.</summary>
    public double SureShare { get; init; } = FlowStarts.DefaultSureShare;

    /// <summary>See <see cref="FlowStarts.DefaultMostHiddenChange"/>; 0 to 1, where 1 is no bound.</summary>
    public double MostHiddenChange { get; init; } = FlowStarts.DefaultMostHiddenChange;
}
