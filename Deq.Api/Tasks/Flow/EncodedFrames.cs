using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>Two frames as they were received. Their headers have been read; they are decoded when an engine thread takes up the request.</summary>
internal sealed class EncodedFrames
{
    private readonly ReadOnlyMemory<byte> _first;
    private readonly ReadOnlyMemory<byte> _second;
    private readonly FlowInput _frames;
    private readonly RequestLimits _limits;
    private readonly FlowState _state;
    private readonly float[] _start;

    /// <summary>Reads the headers and checks the sizes.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="model">Which takes them.</param>
    /// <param name="limits">What the server takes.</param>
    /// <exception cref="ProblemException">A frame is of another format, damaged or too large, or the sizes do not fit.</exception>
    public EncodedFrames(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, GuidedModel model, RequestLimits limits)
    {
        (_first, _second, _frames, _state, _limits) = (first, second, model.Frames, model.State, limits);
        ImageHeader one = Read(() => ImageDecoder.Identify(first, limits.OfImages()), 0);
        ImageHeader other = Read(() => ImageDecoder.Identify(second, limits.OfImages()), 1);
        (Width, Height) = (one.Width, one.Height);
        FrameSizeCheck.Check((one.Width, one.Height), (other.Width, other.Height), _frames.Input);
        _start = new float[FlowStateLayout.Of(_state, Shape).Length];
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>What the frames are padded to.</summary>
    public ShapeKey Shape => _frames.Input.Sizes!.ShapeOf(Height, Width);

    /// <summary>Whether the model takes a guess, which may be quick.</summary>
    public bool IsGuessed => _frames.IsGuessed;

    /// <summary>The guess, from which the solve starts once <see cref="Write"/> was called; null where the model's own start counts.</summary>
    public ReadOnlyMemory<float>? Start => _frames.StartOf(_start);

    /// <summary>Decodes, normalises and pads. Runs on an engine thread.</summary>
    /// <param name="numbers">Receives the encoder's input.</param>
    /// <param name="isQuick">Whether the guess is to be quick rather than fine.</param>
    /// <exception cref="ProblemException">A frame is damaged or too slow.</exception>
    public void Write(Span<float> numbers, bool isQuick)
    {
        (DecodedImage first, DecodedImage second) = Decoded();
        _frames.Open(first, second, numbers, _state, last: [], mostLost: 1, _start, isQuick);
    }

    /// <summary>Both frames, at the same time: decoding a large frame takes about as long as encoding the pair.</summary>
    private (DecodedImage First, DecodedImage Second) Decoded()
    {
        ReadOnlyMemory<byte>[] files = [_first, _second];
        var decoded = new DecodedImage[files.Length];
        _frames.Threads.Run(files.Length, place => decoded[place] = Read(() => ImageDecoder.Decode(files[place], _limits.OfImages()), place));
        return (decoded[0], decoded[1]);
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
