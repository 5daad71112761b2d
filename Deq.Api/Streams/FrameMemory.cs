using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Streams;

/// <summary>What a stream keeps of its last frame. What is missing was never there, or was dropped to stay within the server's bounds.</summary>
internal sealed record FrameMemory
{
    /// <summary>Of a stream that has had no frame.</summary>
    public static FrameMemory None { get; } = new();

    /// <summary>The frame's index; −1 before the first.</summary>
    public long Index { get; init; } = -1;

    /// <summary>SHA-256 of its bytes as they came; empty before the first.</summary>
    public string Digest { get; init; } = "";

    /// <summary>What was answered, for a caller who asks again.</summary>
    public FrameReply? Reply { get; init; }

    /// <summary>The frame itself: the flow of the next one starts here.</summary>
    public KeptFrame? Frame { get; init; }

    /// <summary>z of the flow that was answered; only the turn's holder writes to it.</summary>
    public float[]? State { get; init; }

    /// <summary>The frame whose pixels the flow of <see cref="State"/> moves; there while the state is.</summary>
    public HalvedFrame? Earlier { get; init; }

    /// <summary>The flow of the pair before that, <c>[2, H, W]</c>; null where the last pair did not go on from it.</summary>
    public float[]? EarlierFlow { get; init; }

    /// <summary>How far the flow of <see cref="State"/> left its two frames apart, <see cref="Deq.Runtime.Tasks.Flow.WarmStarts.MotionFit.Along"/>.</summary>
    public double Fit { get; init; }

    /// <summary>Where there is no state: why the next frame starts cold. One of <see cref="ColdReasons"/>.</summary>
    public string Missing { get; init; } = ColdReasons.Lost;

    /// <summary>Bytes of everything whose size depends on what callers send.</summary>
    public long Bytes => (Reply?.Body.Length ?? 0) + (Frame?.Bytes ?? 0) + StateBytes;

    /// <summary>Of these, what a warm start takes and a cold one does not.</summary>
    public long StateBytes => (sizeof(float) * ((State?.LongLength ?? 0) + (EarlierFlow?.LongLength ?? 0))) + (Earlier?.Bytes ?? 0);

    /// <summary>Without the state: the next frame starts cold.</summary>
    public FrameMemory WithoutState() => this with { State = null, Earlier = null, EarlierFlow = null, Missing = State is null ? Missing : ColdReasons.Lost };

    /// <summary>With nothing but the index and digest: the next frame has nothing to be held against.</summary>
    public FrameMemory Bare() => WithoutState() with { Frame = null, Reply = null };
}

/// <summary>A frame that was decoded.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Halved">It at half of its resolution.</param>
/// <param name="Sketch">It in little.</param>
internal sealed record KeptFrame(DecodedImage Image, HalvedFrame Halved, FrameSketch Sketch)
{
    public long Bytes => Image.Pixels.LongLength + Halved.Bytes + FrameSketch.Bytes;

    /// <summary>Takes in a frame.</summary>
    public static KeptFrame Of(DecodedImage image) => new(image, HalvedFrame.Of(image), FrameSketch.Of(image));
}

/// <summary>An answer to a frame as it goes out.</summary>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Headers">Names and values beside it.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Result">The answer as JSON, whatever the body is.</param>
internal sealed record FrameReply(string ContentType, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, FrameAnswer Result);
