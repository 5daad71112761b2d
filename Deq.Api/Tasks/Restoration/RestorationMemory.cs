using Deq.Api.Streams;

namespace Deq.Api.Tasks.Restoration;

/// <summary>What a stream keeps of a frame: where its solves ended.</summary>
/// <param name="States">Of each solve; null where they were dropped.</param>
/// <param name="Width">Of the frame, pixels: frames of other sizes may have states of the same length.</param>
/// <param name="Height">Of the frame, pixels.</param>
internal sealed record RestorationMemory(IReadOnlyList<float[]>? States, int Width, int Height) : IKeptFrame
{
    public long Bytes => States?.Sum(state => sizeof(float) * state.LongLength) ?? 0;

    public bool HasStart => States is not null;

    public IKeptFrame WithoutStart() => this with { States = null };
}
