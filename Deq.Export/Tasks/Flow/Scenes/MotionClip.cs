namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>A clip with exact flow: buffers that are filled again and again. One owner.</summary>
public sealed class MotionClip
{
    /// <summary>Allocates.</summary>
    /// <param name="options">Gives the size.</param>
    /// <exception cref="ArgumentException">A size out of its range.</exception>
    public MotionClip(MotionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Height < 16 || options.Width < 16 || options.Frames is < 2 or > 32)
        {
            throw new ArgumentException(
                $"A clip has {options.Frames} frames of {options.Height} x {options.Width}; it needs 2 to 32 of at least 16 x 16.", nameof(options));
        }

        (Height, Width, Count) = (options.Height, options.Width, options.Frames);
        Frames = new float[Count * 3 * Pixels];
        Flows = new float[(Count - 1) * 2 * Pixels];
        Occluded = new bool[(Count - 1) * Pixels];
    }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Frames.</summary>
    public int Count { get; }

    /// <summary>Pixels of one frame.</summary>
    public int Pixels => Height * Width;

    /// <summary><c>[Count, 3, Height, Width]</c>: red, green, blue, 0 to 1.</summary>
    public float[] Frames { get; }

    /// <summary><c>[Count − 1, 2, Height, Width]</c>: u and v from each frame to the next, pixels.</summary>
    public float[] Flows { get; }

    /// <summary>
    /// <c>[Count − 1, Height, Width]</c>: where what a frame shows is covered in the next, or has left it.
    /// </summary>
    public bool[] Occluded { get; }

    /// <summary>One frame, <c>[3, Height, Width]</c>.</summary>
    public Span<float> Frame(int frame) => Frames.AsSpan(frame * 3 * Pixels, 3 * Pixels);

    /// <summary>The flow from a frame to the next, <c>[2, Height, Width]</c>.</summary>
    public Span<float> Flow(int frame) => Flows.AsSpan(frame * 2 * Pixels, 2 * Pixels);

    /// <summary>What of a frame cannot be seen in the next, <c>[Height, Width]</c>.</summary>
    public Span<bool> Hidden(int frame) => Occluded.AsSpan(frame * Pixels, Pixels);
}
