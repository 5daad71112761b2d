using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>Decides where the solve of a frame starts. Every reason for a cold start is found here or in <see cref="StreamedPair"/>, in the order in which it can be known.</summary>
internal sealed class FrameStart
{
    private readonly FlowMemory? _last;
    private readonly StreamedPair _pair;
    private readonly string? _known;

    /// <summary>Finds what is known before the frame is decoded.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="header">Its size.</param>
    /// <param name="model">Which solves it.</param>
    public FrameStart(StreamFrame frame, ImageHeader header, GuidedModel model)
    {
        _last = (FlowMemory?)frame.Last.Kept;
        IsPair = _last is { Frame.Image: { } before } && (before.Width, before.Height) == (header.Width, header.Height);
        _known = frame.Last.Index < 0 ? ColdReasons.First
            : _last is null ? ColdReasons.Lost
            : !IsPair ? ColdReasons.Size
            : !frame.Terms.IsWarm ? ColdReasons.Asked
            : !FlowStarts.Trusts(frame.Model.Manifest) ? ColdReasons.Model
            : frame.Index != frame.Last.Index + 1 ? ColdReasons.Gap
            : _last.Pair is null ? _last.ColdReason
            : null;
        _pair = new StreamedPair(model.Frames, model.State, _known is null ? _last!.Pair : null);
    }

    /// <summary>Whether there is a previous frame of the same size, without which nothing is solved.</summary>
    public bool IsPair { get; }

    /// <summary>Why it starts cold; null while it does not.</summary>
    public string? ColdReason => _known ?? _pair.ColdReason;

    /// <summary>Fills the encoder's input and the start on an engine thread. Returns what the next frame's guess may lose.</summary>
    /// <param name="second">The frame, decoded.</param>
    /// <param name="numbers">The encoder's input.</param>
    /// <param name="start">Receives the start of a model that is given a guess.</param>
    /// <param name="isQuick">Whether the guess is to be quick rather than fine.</param>
    public double Open(KeptFrame second, Span<float> numbers, Span<float> start, bool isQuick) =>
        _pair.Open(_last!.Frame.Image, second.Image, second.Sketch.Difference(_last.Frame.Sketch), numbers, start, isQuick);

    /// <summary>See <see cref="StreamedPair.Plan"/>.</summary>
    public StartPlan? Plan(FlowStateLayout layout, Memory<float> carried) => _pair.Plan(layout, carried);

    /// <summary>See <see cref="StreamedPair.Settle"/>.</summary>
    public string Settle(ChosenStart? chosen) => _pair.Settle(chosen);
}
