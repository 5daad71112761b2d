using System.Runtime.ExceptionServices;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>Two frames as they came. Their heads have been read; they are decoded when an engine thread takes them up.</summary>
internal sealed class EncodedFrames
{
    private readonly byte[] _first;
    private readonly byte[] _second;
    private readonly FlowInput _frames;
    private readonly RequestLimits _limits;
    private readonly FlowState _state;
    private readonly float[]? _start;

    /// <summary>Reads the heads and holds the sizes against each other and the model.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="model">Which takes them.</param>
    /// <param name="limits">What the server takes.</param>
    /// <exception cref="ProblemException">A frame is of another format, damaged or too large, or the sizes do not fit.</exception>
    public EncodedFrames(byte[] first, byte[] second, GuidedModel model, RequestLimits limits)
    {
        (_first, _second, _frames, _state, _limits) = (first, second, model.Frames, model.State, limits);
        ImageInput input = _frames.Input;
        ImageHeader one = Read(() => ImageDecoder.Identify(first, limits.OfImages()), 0);
        ImageHeader other = Read(() => ImageDecoder.Identify(second, limits.OfImages()), 1);
        (Width, Height) = (one.Width, one.Height);
        if (FramePair.Refusal(one.Width, one.Height, other.Width, other.Height, input) is { } refusal)
        {
            FrameSizes sizes = input.Sizes!;
            bool isLarge = (one.Width, one.Height) == (other.Width, other.Height) && Math.Min(Width, Height) >= sizes.LeastSide;
            throw isLarge
                ? new ProblemException(ProblemKinds.ImageTooLarge, refusal).WithLimit(sizes.MostPixels)
                : new ProblemException(ProblemKinds.FrameSize, refusal);
        }

        _start = input.Guess is null ? null : new float[FlowStateLayout.Of(_state, Shape).Length];
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>What the frames are padded to.</summary>
    public ShapeKey Shape => _frames.Input.Sizes!.ShapeOf(Height, Width);

    /// <summary>Where a solve starts: the guess, once <see cref="Write"/> was called; null is zero.</summary>
    public ReadOnlyMemory<float>? Start => _start is null ? (ReadOnlyMemory<float>?)null : _start;

    /// <summary>Decodes, normalises and pads. Runs on an engine thread.</summary>
    /// <exception cref="ProblemException">A frame is damaged or too slow.</exception>
    public void Write(Span<float> numbers)
    {
        (DecodedImage first, DecodedImage second) = Decoded();
        if (_start is null)
        {
            _frames.Fill(first, second, numbers);
        }
        else
        {
            _frames.Open(first, second, numbers, _state, last: [], mostLost: 1, _start);
        }
    }

    /// <summary>Both frames, one on another thread: of a large frame decoding takes about as long as encoding the pair.</summary>
    private (DecodedImage First, DecodedImage Second) Decoded()
    {
        (DecodedImage? first, DecodedImage? second) = (null, null);
        (ExceptionDispatchInfo? one, ExceptionDispatchInfo? other) = (null, null);
        Parallel.Invoke(() => one = Caught(() => first = Decode(_first, 0)), () => other = Caught(() => second = Decode(_second, 1)));
        (one ?? other)?.Throw();
        return (first!, second!);
    }

    private DecodedImage Decode(byte[] bytes, int place) => Read(() => ImageDecoder.Decode(bytes, _limits.OfImages()), place);

    private static ExceptionDispatchInfo? Caught(Action decode)
    {
        try
        {
            decode();
            return null;
        }
        catch (ProblemException problem)
        {
            return ExceptionDispatchInfo.Capture(problem);
        }
    }

    private static T Read<T>(Func<T> read, int place)
    {
        try
        {
            return read();
        }
        catch (ImageRejectedException rejected)
        {
            ProblemException problem = EncodedImage.ProblemOf(rejected);
            throw new ProblemException(problem.Kind, $"{FramesPayload.Fields[place]}: {problem.Message}").With("image", place);
        }
    }
}
