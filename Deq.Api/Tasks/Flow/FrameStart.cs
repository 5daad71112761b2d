using System.Buffers;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>Decides where the solve of a frame starts. Every reason for a cold start is found here, in the order in which it can be known.</summary>
internal sealed class FrameStart : IDisposable
{
    private readonly StreamFrame _frame;
    private readonly FlowMemory? _last;
    private readonly FlowStartSettings _settings;
    private readonly bool _isGuessed;
    private float[]? _carried;

    /// <summary>Finds what is known before the frame is decoded.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="header">Its size.</param>
    /// <param name="settings">How streams start.</param>
    public FrameStart(StreamFrame frame, ImageHeader header, FlowStartSettings settings)
    {
        (_frame, _last, _settings) = (frame, (FlowMemory?)frame.Last.Kept, settings);
        _isGuessed = frame.Model.Manifest.Input.Guess is not null;
        IsPair = _last is { Frame.Image: { } before } && (before.Width, before.Height) == (header.Width, header.Height);
        ColdReason = frame.Last.Index < 0 ? ColdReasons.First
            : _last is null ? ColdReasons.Lost
            : !IsPair ? ColdReasons.Size
            : !frame.Terms.IsWarm ? ColdReasons.Asked
            : !settings.Trusts(frame.Model.Manifest) ? ColdReasons.Model
            : frame.Index != frame.Last.Index + 1 ? ColdReasons.Gap
            : _last.State is null ? _last.ColdReason
            : null;
    }

    /// <summary>Whether there is a frame of the same size before it, without which nothing is solved.</summary>
    public bool IsPair { get; }

    /// <summary>Why it starts cold; null while it does not.</summary>
    public string? ColdReason { get; private set; }

    /// <summary>The last pair's flow, <c>[2, H, W]</c>, where the solve may start from it; null where it starts anew.</summary>
    public float[]? EarlierFlow { get; private set; }

    /// <summary>Compares the decoded frame with the one before, on an engine thread. The plan of the solve; null is cold.</summary>
    /// <param name="second">The frame, decoded.</param>
    /// <param name="state">How states of the model are made.</param>
    /// <param name="layout">How they lie in memory.</param>
    public StartPlan? Plan(KeptFrame second, FlowState state, FlowStateLayout layout)
    {
        if (ColdReason is not null)
        {
            return null;
        }

        KeptFrame first = _last!.Frame;
        float[] last = _last.State!;
        _carried = ArrayPool<float>.Shared.Rent(layout.Length);
        var start = NextStart.Of(
            new StartRule
            {
                Flow = state,
                Layout = layout,
                Evaluations = _frame.Terms.Grant.MaxEvaluations,
                Cuts = _settings.Cuts,
                Carry = _settings.Carry,
                SureShare = _settings.SureShare,
                MostHiddenChange = _settings.MostHiddenChange,
            },
            new FlowPast(_last.Earlier!, first.Halved!, last, _last.EarlierFlow),
            _last.Fit,
            second.Halved!,
            second.Sketch.Difference(first.Sketch),
            _carried.AsMemory(0, layout.Length));
        ColdReason = start.ColdReason;
        EarlierFlow = start.Plan is null ? null : last[(layout.Hidden * layout.Cells)..];
        return start.Plan;
    }

    /// <summary>Predicts the flow from the last pair's, for a model that corrects a guess; on an engine thread. Null is cold.</summary>
    /// <param name="second">The frame, decoded.</param>
    /// <param name="shape">Of the padded frames.</param>
    /// <param name="state">How states of the model are made.</param>
    public FlowPrediction? Predict(KeptFrame second, ShapeKey shape, FlowState state)
    {
        ColdReason ??= _settings.Cuts.IsCut(second.Sketch.Difference(_last!.Frame.Sketch)) ? ColdReasons.Cut : null;
        return ColdReason is null ? FlowInput.Predict(_last!.State, shape, state, _last.Fit) : null;
    }

    /// <summary>Notes whether the guess was found from the prediction; if not, the start is cold.</summary>
    /// <param name="fit">How well it was found.</param>
    /// <param name="prediction">As it was made; null of a cold start.</param>
    /// <returns>What the next frame's guess may lose.</returns>
    public double Note(GuessFit fit, FlowPrediction? prediction)
    {
        ColdReason ??= fit.IsPredicted ? null : ColdReasons.Motion;
        return fit.MostLostNext(fit.IsPredicted ? prediction!.MostLost : 1);
    }

    /// <summary>Where the solve started, one of <see cref="NextStart.Names"/>; settles <see cref="ColdReason"/>.</summary>
    /// <param name="chosen">The candidate that was taken; null where the solve had no choice.</param>
    public string Settle(ChosenStart? chosen)
    {
        string start = chosen is { } taken ? NextStart.Names[taken.Candidate] : _isGuessed && ColdReason is null ? NextStart.Warped : NextStart.Cold;
        ColdReason ??= start == NextStart.Cold ? ColdReasons.Residual : null;
        return start;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _carried, null) is { } rented)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
