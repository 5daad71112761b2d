using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Where the solve of a next frame may start, and by which numbers of a manifest's quality a model is trusted to start there at all.</summary>
public static class FlowStarts
{
    /// <summary>The default share of the last frame's mean motion up to which a correction of it is small: the start is gone on with at once.</summary>
    public const double DefaultSureShare = 0.2;

    /// <summary>A start other than cold is taken only where f corrects its flow by at most this share of what it corrects zero flow.</summary>
    public const double MostOfCold = 0.35;

    /// <summary>A start other than cold is taken only where f changes its h by at most this share; from a cold start it is all of it.</summary>
    public const double DefaultMostHiddenChange = 0.55;

    /// <summary>
    /// The fewest evaluations of a solve in which starts are compared. With fewer h is never found, neither by this solve nor by the one before, the flow
    /// is what there is to go on with, and trying others would take what there is to spend.
    /// </summary>
    public const int FewestToCompare = 8;

    /// <summary>The quality that says how well solves from carried and from cold starts end at one point: a cosine.</summary>
    public const string Alignment = "asymptoticAlignment";

    /// <summary>The quality that says how far the answers from both lie apart: pixels.</summary>
    public const string Distance = "warmDistance";

    /// <summary>Makes the warm start: the last state carried along its motion and held against the pictures, or as it is where nothing moved.</summary>
    /// <param name="past">The last pair, its state, and what came before it.</param>
    /// <param name="second">The next frame.</param>
    /// <param name="layout">How states lie in memory.</param>
    /// <param name="stride">Pixels per cell, at least 1.</param>
    /// <param name="options">What becomes of the state on the way.</param>
    /// <param name="carried">Receives a state of the layout; must not overlap with the last one.</param>
    /// <returns>What the pictures say of its flow, or of the last one where <see cref="CarryOptions.FlowScale"/> makes less of it.</returns>
    public static MotionFit Carry(FlowPast past, HalvedFrame second, FlowStateLayout layout, double stride, CarryOptions options, Span<float> carried)
    {
        ArgumentNullException.ThrowIfNull(past);
        ArgumentNullException.ThrowIfNull(options);
        var last = MotionFit.Of(past.First, second, past.State.Span, layout, stride);
        if (last.IsStill)
        {
            past.State.Span.CopyTo(carried);
            return last;
        }

        PredictedStart.Predict(past, second, layout, stride, options, carried);
        return options.FlowScale == 1 ? MotionFit.Of(past.First, second, carried, layout, stride) : last;
    }

    /// <summary>The last state carried along its motion, and zero.</summary>
    /// <param name="carried">The last frame's state, moved; <c>[StateWidth]</c>.</param>
    /// <param name="state">The last frame's state, whose motion is the measure; <c>[StateWidth]</c>.</param>
    /// <param name="flow">How states of the model are made.</param>
    /// <param name="evaluations">What the solve may spend, at least 1.</param>
    /// <param name="sureShare">See <see cref="DefaultSureShare"/>; 0 to 1.</param>
    /// <param name="mostHiddenChange">See <see cref="DefaultMostHiddenChange"/>; 0 to 1, where 1 is no bound.</param>
    public static StartPlan Plan(
        ReadOnlyMemory<float> carried, ReadOnlyMemory<float> state, FlowState flow, int evaluations,
        double sureShare = DefaultSureShare,
        double mostHiddenChange = DefaultMostHiddenChange)
    {
        ArgumentNullException.ThrowIfNull(flow);
        bool isCompared = evaluations >= FewestToCompare;
        bool isBounded = flow.PixelsPerChange > 0 && mostHiddenChange < 1 && isCompared;
        return new StartPlan
        {
            Candidates = [carried, ReadOnlyMemory<float>.Empty],
            SureBelow = isCompared ? sureShare * MeanMotion(state.Span, flow) : double.PositiveInfinity,
            MostOfLast = MostOfCold,
            MostChange = isBounded ? mostHiddenChange : double.PositiveInfinity,
        };
    }

    /// <summary>The mean length of a state's flow, pixels.</summary>
    private static double MeanMotion(ReadOnlySpan<float> state, FlowState flow)
    {
        int cells = state.Length / (flow.Hidden + 2);
        ReadOnlySpan<float> u = state.Slice(flow.Hidden * cells, cells);
        ReadOnlySpan<float> v = state.Slice((flow.Hidden + 1) * cells, cells);
        double sum = 0;
        for (int i = 0; i < cells; i++)
        {
            sum += Math.Sqrt((u[i] * u[i]) + (v[i] * v[i]));
        }

        return flow.Stride * sum / cells;
    }
}
