using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>The solve of one frame against the one before. What it computes it computes on an engine thread.</summary>
/// <param name="frame">The frame; the one before is there and of the same size.</param>
/// <param name="start">Decides where it starts.</param>
/// <param name="model">Which solves it.</param>
/// <param name="limits">Bound what is decoded.</param>
internal sealed class FrameSolve(StreamFrame frame, FrameStart start, GuidedModel model, RequestLimits limits)
{
    private readonly KeptFrame _before = ((FlowMemory)frame.Last.Kept!).Frame;
    private readonly FlowState _state = model.State;
    private readonly bool _isGuessed = model.Frames.Input.Guess is not null;
    private ShapeKey _shape;
    private KeptFrame? _second;
    private float[] _found = [];
    private float[] _start = [];
    private double _fit;

    /// <summary>What the engine solves.</summary>
    public SolvePart Part()
    {
        _shape = model.Frames.Input.Sizes!.ShapeOf(_before.Image.Height, _before.Image.Width);
        FlowStateLayout layout = FlowStateLayout.Of(_state, _shape);
        _found = new float[layout.Length];
        _start = _isGuessed ? new float[layout.Length] : [];
        return new SolvePart
        {
            Input = Write,
            Start = _isGuessed ? _start : (ReadOnlyMemory<float>?)null,
            IsWarm = () => start.ColdReason is null,
            PlanStart = _isGuessed ? null : () => start.Plan(_second!, _state, layout),
            Output = output => Read(output, layout),
            FinalState = _found,
            KeepsResiduals = true,
            Shape = _shape,
        };
    }

    /// <summary>What the stream keeps, once it was solved.</summary>
    public FlowMemory Memory() => new()
    {
        Frame = _second!,
        State = _found,
        Earlier = _before.Halved,
        EarlierFlow = start.EarlierFlow,
        Fit = _fit,
    };

    private void Write(Span<float> numbers)
    {
        try
        {
            _second = KeptFrame.Of(ImageDecoder.Decode(frame.Frame.Bytes, limits.OfImages()), _isGuessed);
        }
        catch (ImageRejectedException rejected)
        {
            throw EncodedImage.ProblemOf(rejected);
        }

        if (!_isGuessed)
        {
            model.Frames.Fill(_before.Image, _second.Image, numbers);
            return;
        }

        FlowPrediction? prediction = start.Predict(_second, _shape, _state);
        GuessFit fit = model.Frames.Fill(_before.Image, _second.Image, numbers, prediction);
        _fit = start.Note(fit, prediction);
        if (fit.IsPredicted)
        {
            model.Frames.Start(numbers, _shape, _state, prediction!, _start);
        }
        else
        {
            model.Frames.Start(numbers, _shape, _state, _start);
        }
    }

    private EstimatedMotion? Read(ReadOnlySpan<float> output, FlowStateLayout layout)
    {
        _fit = _isGuessed ? _fit : MotionFit.Of(_before.Halved!, _second!.Halved!, _found, layout, _state.Stride).Along;
        return EstimatedFlow.Read(output, _before.Image.Width, _before.Image.Height, frame.Model.Manifest.Input.Sizes!) is { } flow
            ? EstimatedMotion.Of(flow, FlowFormat.Named(frame.Terms.Output))
            : null;
    }
}
