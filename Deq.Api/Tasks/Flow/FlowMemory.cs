using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>What a stream keeps of a frame: the first frame of the next pair, and where its solve may start.</summary>
internal sealed record FlowMemory : IKeptFrame
{
    /// <summary>The frame itself.</summary>
    public required KeptFrame Frame { get; init; }

    /// <summary>The pair that ends with the frame; null where none was solved, or its state was dropped.</summary>
    public LastPair? Pair { get; init; }

    /// <summary>Where there is no <see cref="Pair"/>: why the next frame starts cold. One of <see cref="ColdReasons"/>.</summary>
    public string ColdReason { get; init; } = ColdReasons.Lost;

    public long Bytes => Frame.Bytes + (sizeof(float) * (Pair?.State.LongLength ?? 0));

    public bool HasStart => Pair is not null;

    public IKeptFrame WithoutStart() => Pair is null ? this : new FlowMemory { Frame = Frame };
}

/// <summary>A decoded frame.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Sketch">For the detection of cuts.</param>
internal sealed record KeptFrame(DecodedImage Image, FrameSketch Sketch)
{
    public long Bytes => Image.Pixels.LongLength + FrameSketch.Bytes;

    public static KeptFrame Of(DecodedImage image) => new(image, FrameSketch.Of(image));

    /// <summary>Decodes a frame of a stream.</summary>
    /// <exception cref="ProblemException">It cannot be decoded.</exception>
    public static KeptFrame Of(StreamFrame frame, RequestLimits limits) => EncodedImage.Checked(() => Of(ImageDecoder.Decode(frame.Frame.Bytes, limits.OfImages())));
}
