namespace Deq.Runtime.Imaging;

/// <summary>How large an encoded image or flow file may be. Whichever limit is passed first rejects it, as early as it shows.</summary>
public sealed record ImageLimits
{
    private readonly int _maxBytes = 10 * 1024 * 1024;
    private readonly int _maxWidth = 8192;
    private readonly int _maxHeight = 8192;
    private readonly long _maxPixels = 24_000_000;
    private readonly TimeSpan _maxDecodeTime = TimeSpan.FromSeconds(2);

    /// <summary>Encoded bytes, at least 1. Default 10 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxBytes
    {
        get => _maxBytes;
        init => _maxBytes = AtLeastOne(value);
    }

    /// <summary>Pixels, at least 1. Default 8192.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxWidth
    {
        get => _maxWidth;
        init => _maxWidth = AtLeastOne(value);
    }

    /// <summary>Pixels, at least 1. Default 8192.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxHeight
    {
        get => _maxHeight;
        init => _maxHeight = AtLeastOne(value);
    }

    /// <summary>Width times height, at least 1. Default 24 million, which decode to 96 MB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public long MaxPixels
    {
        get => _maxPixels;
        init => _maxPixels = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A limit is at least 1.");
    }

    /// <summary>
    /// Time to decode, above 0. Default 2 s. Checked whenever the decoder asks for more bytes, or before each row of a PNG of 16 bits or of a flow; WebP asks once, so its pixels bound it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero or negative.</exception>
    public TimeSpan MaxDecodeTime
    {
        get => _maxDecodeTime;
        init => _maxDecodeTime = value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A time limit is positive.");
    }

    /// <summary>Which limit on size something passes, as a sentence; null for none.</summary>
    /// <param name="what">The sentence's subject, such as <c>The image</c>.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    internal string? PassedBy(string what, long width, long height) =>
        width > MaxWidth ? $"{what} is {width} pixels wide; the most is {MaxWidth}."
        : height > MaxHeight ? $"{what} is {height} pixels high; the most is {MaxHeight}."
        : width * height > MaxPixels ? $"{what} has {width} x {height} pixels; the most is {MaxPixels} in all."
        : null;

    private static int AtLeastOne(int value) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A limit is at least 1.");
}
