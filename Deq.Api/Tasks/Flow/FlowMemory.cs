using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>What a stream keeps of a frame: the next flow starts at its pixels, and its solve perhaps at the state.</summary>
internal sealed record FlowMemory : IKeptFrame
{
    /// <summary>The frame itself.</summary>
    public required KeptFrame Frame { get; init; }

    /// <summary>z of the flow that was answered.</summary>
    public float[]? State { get; init; }

    /// <summary>The frame whose pixels the flow of <see cref="State"/> moves; there while the state is.</summary>
    public HalvedFrame? Earlier { get; init; }

    /// <summary>The flow of the pair before that, <c>[2, H, W]</c>; null where the last pair did not start from it.</summary>
    public float[]? EarlierFlow { get; init; }

    /// <summary>How far apart the flow of <see cref="State"/> left its two frames, <see cref="MotionFit.Along"/>; of a model that is given a guess, what the next guess may lose.</summary>
    public double Fit { get; init; }

    /// <summary>Where there is no state: why the next frame starts cold. One of <see cref="ColdReasons"/>.</summary>
    public string ColdReason { get; init; } = ColdReasons.Lost;

    public long Bytes => Frame.Bytes + (sizeof(float) * ((State?.LongLength ?? 0) + (EarlierFlow?.LongLength ?? 0))) + (Earlier?.Bytes ?? 0);

    public bool HasStart => State is not null;

    public IKeptFrame WithoutStart() => State is null ? this : new FlowMemory { Frame = Frame };
}

/// <summary>A frame that was decoded.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Halved">The frame at half of its resolution; null where the model is given a guess, which is found on the frames themselves.</param>
/// <param name="Sketch">A thumbnail, for the detection of cuts.</param>
internal sealed record KeptFrame(DecodedImage Image, HalvedFrame? Halved, FrameSketch Sketch)
{
    public long Bytes => Image.Pixels.LongLength + (Halved?.Bytes ?? 0) + FrameSketch.Bytes;

    public static KeptFrame Of(DecodedImage image, bool isGuessed) => new(image, isGuessed ? null : HalvedFrame.Of(image), FrameSketch.Of(image));
}
