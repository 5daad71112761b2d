using System.Text.Json.Serialization;

namespace Deq.Runtime.Models;

/// <summary>Which frames a model of free size takes. Frames are padded to a multiple by repeating their edges, and the answer is cut back.</summary>
public sealed record FrameSizes
{
    /// <summary>Padding to the right and down.</summary>
    public const string End = "end";

    /// <summary>Padding on all sides, half of it before the frame, rounded down.</summary>
    public const string Centre = "centre";

    /// <summary>Height and width of what the encoder sees are multiples of this, 1 to 1024.</summary>
    public required int Multiple { get; init; }

    /// <summary>The fewest pixels of a frame along either axis, before padding, at least 1.</summary>
    public required int LeastSide { get; init; }

    /// <summary>The most pixels of a padded frame, height times width: what bounds memory.</summary>
    public required int MostPixels { get; init; }

    /// <summary>The height of common frames, for which a server chooses its layout; a multiple. Pixels, default 240.</summary>
    public int TypicalHeight { get; init; } = 240;

    /// <summary>The width of common frames; a multiple. Pixels, default 320.</summary>
    public int TypicalWidth { get; init; } = 320;

    /// <summary>Where frames are padded: <see cref="End"/>, or of a flow estimator <see cref="Centre"/>. Null, which is not written, is the end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Padding { get; init; }

    /// <summary>The shape of common frames.</summary>
    internal ShapeKey Typical => new(TypicalHeight, TypicalWidth);

    /// <summary>The smallest shape.</summary>
    internal ShapeKey Least => new(Padded(LeastSide), Padded(LeastSide));

    /// <summary>The shape that frames are padded to.</summary>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    public ShapeKey ShapeOf(int height, int width) => new(Padded(height), Padded(width));

    /// <summary>Pixels that are added before a frame, along an axis.</summary>
    /// <param name="pixels">Of the frame, along the axis.</param>
    public int Before(int pixels) => Padding == Centre ? (Padded(pixels) - pixels) / 2 : 0;

    /// <summary>Which limit frames of a size pass, as a sentence that names it; null for none.</summary>
    /// <param name="height">Pixels, before padding.</param>
    /// <param name="width">Pixels, before padding.</param>
    public string? Refusal(int height, int width)
    {
        if (Math.Min(height, width) < LeastSide)
        {
            return $"Frames of {width} x {height} pixels are too small; this model takes at least {LeastSide} pixels along each side.";
        }

        (long rows, long columns) = (PaddedLong(height), PaddedLong(width));
        return rows * columns > MostPixels
            ? $"Frames of {width} x {height} pixels become {columns} x {rows} and are too large; this model takes at most {MostPixels} pixels in all."
            : null;
    }

    private int Padded(int pixels) => checked((int)PaddedLong(pixels));

    private long PaddedLong(int pixels) => ((long)pixels + Multiple - 1) / Multiple * Multiple;
}
