using System.Buffers;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
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
        FindCut(second);
        if (ColdReason is not null)
        {
            return null;
        }

        KeptFrame first = _last!.Frame;
        _carried = ArrayPool<float>.Shared.Rent(layout.Length);
        Memory<float> carried = _carried.AsMemory(0, layout.Length);
        float[] last = _last.State!;
        MotionFit fit = FlowStarts.Carry(
            new FlowPast(_last.Earlier!, first.Halved, last, _last.EarlierFlow), second.Halved, layout, state.Stride, _settings.Carry, carried.Span);
        if (!fit.Holds(_last.Fit))
        {
            ColdReason = ColdReasons.Motion;
            return null;
        }

        EarlierFlow = last[(layout.Hidden * layout.Cells)..];
        return FlowStarts.Plan(carried, last, state, _frame.Terms.Grant.MaxEvaluations, _settings.SureShare, _settings.MostHiddenChange);
    }

    /// <summary>Compares the decoded frame with the one before, for a model that corrects a guess. The state to continue from; empty of a cold start.</summary>
    /// <param name="second">The frame, decoded.</param>
    public ReadOnlySpan<float> Past(KeptFrame second)
    {
        FindCut(second);
        return ColdReason is null ? _last!.State : [];
    }

    /// <summary>Where the solve started, one of <see cref="Starts"/>; settles <see cref="ColdReason"/>.</summary>
    /// <param name="chosen">The candidate that was taken; null where the solve had no choice.</param>
    public string Settle(ChosenStart? chosen)
    {
        string start = chosen is { } taken ? Starts.All[taken.Candidate] : _isGuessed && ColdReason is null ? Starts.Warped : Starts.Cold;
        ColdReason ??= start == Starts.Cold ? ColdReasons.Residual : null;
        return start;
    }

    private void FindCut(KeptFrame second) =>
        ColdReason ??= _settings.Cuts.IsCut(second.Sketch.Difference(_last!.Frame.Sketch)) ? ColdReasons.Cut : null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _carried, null) is { } rented)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
