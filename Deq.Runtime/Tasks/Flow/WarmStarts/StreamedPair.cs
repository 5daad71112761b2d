using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Opens one pair of a stream, and decides whether its solve starts from where that of the previous pair ended. One owner.</summary>
/// <remarks>
/// A model that is given a guess has it made from the previous flow, and starts cold where that guess loses too many patches. Of any other model the previous state,
/// warped along its flow where the frames differ, and zero are both evaluated once, and the start with the smaller residual is taken.
/// </remarks>
/// <param name="frames">Fills the encoder's input.</param>
/// <param name="state">What the model's states hold.</param>
/// <param name="last">The previous pair; null where the solve must start cold.</param>
public sealed class StreamedPair(FlowInput frames, FlowState state, LastPair? last)
{
    /// <summary>Cold, since a new scene begins.</summary>
    public const string Cut = "cut";

    /// <summary>Cold, since the guess that starts from the previous flow loses too many patches: the camera jumped, or frames are missing.</summary>
    public const string Motion = "motion";

    /// <summary>Cold, since the residual of the cold start is the smaller.</summary>
    public const string Residual = "residual";

    /// <summary>The name of a start from the previous pair's state, warped along its flow.</summary>
    public const string Warped = "warped";

    /// <summary>The name of a start from zero, or from a guess made from nothing.</summary>
    public const string Cold = "cold";

    /// <summary>The names of all starts.</summary>
    public static IReadOnlyList<string> Starts { get; } = [Warped, Cold];

    private bool _isStill;

    /// <summary>Why the solve starts cold although there is a previous pair; null where it does not, or there is none.</summary>
    public string? ColdReason { get; private set; }

    private bool IsWarm => last is not null && ColdReason is null;

    /// <summary>Fills the encoder's input, and the start of a model that is given a guess.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The next frame, of the same size.</param>
    /// <param name="difference">Between the sketches of the two.</param>
    /// <param name="tensor">As of <see cref="FlowInput.Open"/>.</param>
    /// <param name="start">As of <see cref="FlowInput.Open"/>.</param>
    /// <param name="isQuick">As of <see cref="FlowInput.Open"/>. Default false.</param>
    /// <returns><see cref="LastPair.MostLost"/> of this pair.</returns>
    public double Open(DecodedImage first, DecodedImage second, FrameDifference difference, Span<float> tensor, Span<float> start, bool isQuick = false)
    {
        _isStill = difference.IsStill;
        ColdReason = last is not null && difference.IsCut ? Cut : null;
        FlowOpening opening = frames.Open(first, second, tensor, state, IsWarm ? last!.State : [], last?.MostLost ?? 1, start, isQuick);
        ColdReason = IsWarm && frames.IsGuessed && !opening.IsWarm ? Motion : ColdReason;
        return opening.MostLost;
    }

    /// <summary>The starts to try, of a model that is given no guess; null is the start that was filled.</summary>
    /// <param name="layout">How states lie in memory.</param>
    /// <param name="carried">Receives the warped state, <c>[StateWidth]</c>; held by the plan.</param>
    public StartPlan? Plan(FlowStateLayout layout, Memory<float> carried)
    {
        if (!IsWarm || frames.IsGuessed)
        {
            return null;
        }

        if (_isStill)
        {
            last!.State.CopyTo(carried);
        }
        else
        {
            CarriedFlow.Carry(last!.State, layout, carried.Span);
        }

        return new StartPlan { Candidates = [carried, ReadOnlyMemory<float>.Empty] };
    }

    /// <summary>Where the solve started, <see cref="Warped"/> or <see cref="Cold"/>; settles <see cref="ColdReason"/>.</summary>
    /// <param name="chosen">The candidate that was taken; null without a plan.</param>
    public string Settle(ChosenStart? chosen)
    {
        bool isCold = !IsWarm || chosen is { Candidate: > 0 };
        ColdReason ??= last is not null && isCold ? Residual : null;
        return isCold ? Cold : Warped;
    }
}

/// <summary>What a stream keeps of a pair.</summary>
/// <param name="State">Where its solve ended, <c>[StateWidth]</c>.</param>
/// <param name="MostLost">What the guess of the next pair may lose, <see cref="FlowOpening.MostLost"/>.</param>
public sealed record LastPair(float[] State, double MostLost);
