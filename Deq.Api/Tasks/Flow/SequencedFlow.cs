using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>The solve of a pair of frames whose first is the second of the pair before: it starts from that pair's flow where that is the better start.</summary>
internal sealed class SequencedFlow : ISequencedSolve
{
    private readonly IReadOnlyList<Tensor> _frames;
    private readonly GuidedModel _model;
    private readonly FlowMemory? _last;
    private readonly bool _isFirst;
    private readonly bool _isTrusted;
    private readonly float[] _start;
    private KeptFrame? _second;
    private StreamedPair? _pair;
    private string? _known;
    private double _mostLost = 1;

    /// <param name="frames">Two frames of one size that the model takes, one row each.</param>
    /// <param name="served">The model.</param>
    /// <param name="model">What fills its input.</param>
    /// <param name="last">What the sequence keeps of the pair before.</param>
    public SequencedFlow(IReadOnlyList<Tensor> frames, ServedModel served, GuidedModel model, StreamMemory last)
    {
        (_frames, _model, _last) = (frames, model, (FlowMemory?)last.Kept);
        (_isFirst, _isTrusted) = (last.Index < 0, FlowStarts.Trusts(served.Manifest));
        ShapeKey shape = FlowTensors.ShapeOf(frames, model);
        var layout = FlowStateLayout.Of(model.State, shape);
        (State, _start) = (new float[layout.Length], new float[layout.Length]);
        Part = new SolvePart
        {
            Input = numbers => Write(numbers, isQuick: false),
            QuickInput = model.Frames.IsGuessed ? numbers => Write(numbers, isQuick: true) : null,
            Output = output => FlowTensors.Read(output, frames, model),
            Shape = shape,
            Start = model.Frames.StartOf(_start),
            PlanStart = model.Frames.IsGuessed ? null : () => _pair!.Plan(layout, _start),
            IsWarm = () => ColdReason is null,
            FinalState = State,
        };
    }

    public SolvePart Part { get; }

    public float[] State { get; }

    private string? ColdReason => _known ?? _pair!.ColdReason;

    public SequencedOutcome Settle(ChosenStart? chosen)
    {
        string start = _pair!.Settle(chosen);
        return new SequencedOutcome(new FlowMemory { Frame = _second!, Pair = new LastPair(State, _mostLost) }, start, ColdReason);
    }

    /// <summary>Runs on an engine thread.</summary>
    private void Write(Span<float> numbers, bool isQuick)
    {
        (KeptFrame first, KeptFrame second) = (KeptFrame.Of(FlowTensors.ImageOf(_frames[0], 0)), KeptFrame.Of(FlowTensors.ImageOf(_frames[1], 0)));
        _known = ReasonBefore(first);
        _pair = new StreamedPair(_model.Frames, _model.State, _known is null ? _last!.Pair : null);
        _mostLost = _pair.Open(first.Image, second.Image, second.Sketch.Difference(first.Sketch), numbers, _start, isQuick);
        _second = second;
    }

    /// <summary>Why the solve starts cold, as far as that is known without looking at the second frame.</summary>
    private string? ReasonBefore(KeptFrame first) =>
        _isFirst ? ColdReasons.First
        : _last is null ? ColdReasons.Lost
        : (_last.Frame.Image.Width, _last.Frame.Image.Height) != (first.Image.Width, first.Image.Height) ? ColdReasons.Size
        : !_isTrusted ? ColdReasons.Model
        : !_last.Frame.Image.Pixels.AsSpan().SequenceEqual(first.Image.Pixels) ? ColdReasons.Gap
        : _last.Pair is null ? _last.ColdReason
        : null;
}
