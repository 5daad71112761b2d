using System.Buffers;
using Deq.Api.Requests;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Streams;

/// <summary>The solve of one frame against the one before. What it computes it computes on an engine thread.</summary>
/// <param name="terms">The stream's.</param>
/// <param name="memory">What the stream keeps of the frame before; its frame is there and of the same size.</param>
/// <param name="bytes">The frame, encoded.</param>
/// <param name="coldReason">Why it must start cold; null: it may start warm.</param>
/// <param name="limits">Bound what is decoded.</param>
/// <param name="streams">How streams start.</param>
internal sealed class FrameSolve(
    StreamTerms terms, FrameMemory memory, byte[] bytes, string? coldReason, RequestLimits limits, StreamLimits streams) : IDisposable
{
    private readonly KeptFrame _before = memory.Frame!;
    private readonly FlowStateLayout _layout = terms.LayoutOf(memory.Frame!.Image.Height, memory.Frame.Image.Width);
    private readonly float[]? _start = terms.Model.Manifest.Input.Guess is null
        ? null
        : new float[terms.LayoutOf(memory.Frame!.Image.Height, memory.Frame.Image.Width).Length];
    private float[]? _carried;

    /// <summary>The frame, once it was decoded.</summary>
    public KeptFrame? Frame { get; private set; }

    /// <summary>Why it starts cold; null while it does not.</summary>
    public string? ColdReason { get; private set; } = coldReason;

    /// <summary>Where the state that was found goes: in place of the one before, once nobody needs that any more.</summary>
    public float[] FinalState { get; } = memory.State ?? new float[terms.LayoutOf(memory.Frame!.Image.Height, memory.Frame.Image.Width).Length];

    /// <summary>Whether <see cref="FinalState"/> was written.</summary>
    public bool HasFinalState { get; private set; }

    /// <summary>The last pair's flow, <c>[2, H, W]</c>, where this one goes on from it; null where it starts anew.</summary>
    public float[]? EarlierFlow { get; private set; }

    /// <summary>How far the flow that was found leaves the two frames apart, <see cref="MotionFit.Along"/>.</summary>
    public double FinalFit { get; private set; }

    /// <summary>What the engine is asked.</summary>
    /// <param name="time">What the deadline leaves to the engine.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    public InferenceRequest<EstimatedMotion?> Request(TimeSpan time, CancellationToken cancellation) => new()
    {
        Input = Write,
        Start = _start is null ? (ReadOnlyMemory<float>?)null : _start,
        PlanStart = _start is null ? Plan : null,
        IsWarm = () => ColdReason is null,
        Output = Read,
        FinalState = FinalState,
        KeepsResiduals = true,
        Shape = terms.Sizes.ShapeOf(_before.Image.Height, _before.Image.Width),
        Method = terms.Grant.Solver,
        Tolerance = new() { Relative = terms.Grant.Tolerance },
        Budget = new() { Evaluations = terms.Grant.MaxEvaluations, Time = time },
        Priority = terms.Grant.Priority,
        Cancellation = cancellation,
    };

    /// <summary>Where the solve started, as answers say it; settles <see cref="ColdReason"/>.</summary>
    public string StartOf(InferenceAnswer<EstimatedMotion?> answer)
    {
        string start = _start is not null ? (ColdReason is null ? Starts.Warped : Starts.Cold)
            : answer.Start is { } chosen ? Starts.All[chosen.Candidate] : Starts.Cold;
        ColdReason ??= start == Starts.Cold ? ColdReasons.Residual : null;
        return start;
    }

    public void Dispose()
    {
        if (_carried is { } rented)
        {
            _carried = null;
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private void Write(Span<float> numbers)
    {
        try
        {
            Frame = KeptFrame.Of(ImageDecoder.Decode(bytes, limits.OfImages()));
        }
        catch (ImageRejectedException rejected)
        {
            throw EncodedImage.ProblemOf(rejected);
        }

        terms.Model.Frames!.Fill(_before.Image, Frame.Image, numbers);
        if (streams.Cuts.IsCut(Frame.Sketch.Difference(_before.Sketch)))
        {
            ColdReason ??= ColdReasons.Cut;
        }

        if (_start is not null)
        {
            FlowInput frames = terms.Model.Frames!;
            Runtime.Models.ShapeKey shape = terms.Sizes.ShapeOf(Frame.Image.Height, Frame.Image.Width);
            ReadOnlySpan<float> past = ColdReason is null ? memory.State : [];
            frames.Start(numbers, shape, terms.Model.Manifest.State!, past, _start);
        }
    }

    private StartPlan? Plan()
    {
        if (ColdReason is not null)
        {
            return null;
        }

        _carried = ArrayPool<float>.Shared.Rent(_layout.Length);
        Memory<float> carried = _carried.AsMemory(0, _layout.Length);
        var past = new FlowPast(memory.Earlier!, _before.Halved, memory.State, memory.EarlierFlow);
        MotionFit fit = FlowStarts.Carry(past, Frame!.Halved, _layout, terms.Model.Manifest.State!.Stride, streams.Carry, carried.Span);
        if (!fit.Holds(memory.Fit))
        {
            ColdReason = ColdReasons.Motion;
            return null;
        }

        EarlierFlow = memory.State![(_layout.Hidden * _layout.Cells)..];
        return FlowStarts.Plan(carried, memory.State, terms.Model.Manifest.State!, terms.Grant.MaxEvaluations, streams.SureShare, streams.MostHiddenChange);
    }

    private EstimatedMotion? Read(ReadOnlySpan<float> output)
    {
        HasFinalState = true;
        FinalFit = _start is not null ? 0 : MotionFit.Of(_before.Halved, Frame!.Halved, FinalState, _layout, terms.Model.Manifest.State!.Stride).Along;
        return EstimatedFlow.Read(output, _before.Image.Width, _before.Image.Height, terms.Sizes) is { } flow
            ? EstimatedMotion.Of(flow, terms.Output)
            : null;
    }
}
