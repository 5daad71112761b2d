using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>The solve of one frame of a stream with the previous one. All of its work is done on an engine thread.</summary>
/// <param name="frame">The frame; the previous one is there and of the same size.</param>
/// <param name="start">Decides where it starts.</param>
/// <param name="model">Which solves it.</param>
/// <param name="limits">Bound what is decoded.</param>
internal sealed class FrameSolve(StreamFrame frame, FrameStart start, GuidedModel model, RequestLimits limits)
{
    private readonly KeptFrame _before = ((FlowMemory)frame.Last.Kept!).Frame;
    private KeptFrame? _second;
    private float[] _found = [];
    private float[] _start = [];
    private double _mostLost = 1;

    /// <summary>What the engine solves.</summary>
    public SolvePart Part()
    {
        ShapeKey shape = model.Frames.Input.Sizes!.ShapeOf(_before.Image.Height, _before.Image.Width);
        var layout = FlowStateLayout.Of(model.State, shape);
        (_found, _start) = (new float[layout.Length], new float[layout.Length]);
        return new SolvePart
        {
            Input = numbers => Write(numbers, isQuick: false),
            QuickInput = model.Frames.IsGuessed ? numbers => Write(numbers, isQuick: true) : null,
            Start = model.Frames.StartOf(_start),
            IsWarm = () => start.ColdReason is null,
            PlanStart = model.Frames.IsGuessed ? null : () => start.Plan(layout, _start),
            Output = Read,
            FinalState = _found,
            KeepsResiduals = true,
            Shape = shape,
        };
    }

    /// <summary>What the stream keeps, once it was solved.</summary>
    public FlowMemory Memory() => new() { Frame = _second!, Pair = new LastPair(_found, _mostLost) };

    private void Write(Span<float> numbers, bool isQuick)
    {
        _second = KeptFrame.Of(frame, limits);
        _mostLost = start.Open(_second, numbers, _start, isQuick);
    }

    private EstimatedMotion? Read(ReadOnlySpan<float> output) =>
        EstimatedFlow.Read(output, _before.Image.Width, _before.Image.Height, frame.Model.Manifest.Input.Sizes!) is { } flow
            ? EstimatedMotion.Of(flow, FlowFormat.Named(frame.Terms.Output))
            : null;
}
