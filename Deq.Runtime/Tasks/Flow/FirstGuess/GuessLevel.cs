namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>The buffers of one level of the pyramid.</summary>
/// <param name="width">Pixels of the level.</param>
/// <param name="height">Pixels of the level.</param>
/// <param name="patchStride">Pixels between patches.</param>
internal sealed class GuessLevel(int width, int height, int patchStride)
{
    private GuessDirection? _backward;

    public GreyPlane First { get; } = new(width, height);

    public GreyPlane Second { get; } = new(width, height);

    public GuessDirection Forward { get; } = new(width, height, patchStride);

    /// <summary>Made when it is first asked for: on the finest level nothing is searched back.</summary>
    public GuessDirection Backward => _backward ??= new(width, height, patchStride);

    public long Bytes => First.Bytes + Second.Bytes + Forward.Bytes + (_backward?.Bytes ?? 0);

    public GuessDirection Of(bool forward) => forward ? Forward : Backward;

    public (GreyPlane From, GreyPlane To) Frames(bool forward) => forward ? (First, Second) : (Second, First);
}

/// <summary>The flow of a level from one frame to the other, and what it is searched and refined in.</summary>
internal sealed class GuessDirection(int width, int height, int patchStride)
{
    private FlowSmoothing? _smoothing;

    public PatchSearch Search { get; } = new(width, height, patchStride);

    public PaddedPlane U { get; } = new(width, height);

    public PaddedPlane V { get; } = new(width, height);

    public PaddedPlane Weight { get; } = new(width, height);

    public FlowSmoothing Smoothing => _smoothing ??= new(width, height);

    public long Bytes => (3 * U.Bytes) + Search.Bytes + (_smoothing?.Bytes ?? 0);
}
