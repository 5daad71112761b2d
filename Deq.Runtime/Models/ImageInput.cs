using System.Text.Json.Serialization;

namespace Deq.Runtime.Models;

/// <summary>How an image of any size becomes a tensor <c>[B, Channels, Height, Width]</c>: resize or pad, convert, (v/255 − mean)/deviation.</summary>
public sealed record ImageInput
{
    /// <summary>1 (luminance) or 3 (red, green, blue).</summary>
    public required int Channels { get; init; }

    /// <summary>Pixels; 0, which is not written, where <see cref="Sizes"/> leaves it free.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Height { get; init; }

    /// <summary>Pixels; 0, which is not written, where <see cref="Sizes"/> leaves it free.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Width { get; init; }

    /// <summary>Which sizes are taken as they are, where that is free; null where height and width are fixed.</summary>
    public FrameSizes? Sizes { get; init; }

    /// <summary>Subtracted per channel after scaling to [0, 1]; as many as channels.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Divides per channel, above 0; as many as channels.</summary>
    public required IReadOnlyList<double> Deviation { get; init; }

    /// <summary>
    /// How another size is met: <c>fit</c> (default: whole image, bars in the background colour), <c>crop</c> (centre), <c>stretch</c>, or of a
    /// free size <c>pad</c> (edges repeated to the right and down).
    /// </summary>
    public string Resize { get; init; } = "fit";

    /// <summary>
    /// Of a flow estimator: which guess of the flow completes its input, see <see cref="Tasks.Flow.FirstGuess.FlowGuess"/>; null, which is not written, where it takes
    /// two frames alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Guess { get; init; }

    /// <summary>Luminance under transparent pixels and in bars, 0 (black) to 255 (white). Default 0.</summary>
    public int Background { get; init; }

    /// <summary>The rules of every image that the section breaks, one sentence each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Channels is not (1 or 3))
        {
            yield return $"input.channels is {Channels}; it is 1 or 3.";
        }

        foreach ((string name, IReadOnlyList<double> values) in new[] { ("mean", Mean), ("deviation", Deviation) })
        {
            if (values.Count != Channels)
            {
                yield return $"input.{name} has {values.Count} numbers for {Channels} channels.";
            }

            if (values.Any(value => !double.IsFinite(value)) || (name == "deviation" && values.Any(value => value <= 0)))
            {
                yield return $"input.{name} is [{string.Join(", ", values)}]; its numbers are finite{(name == "deviation" ? " and above 0" : "")}.";
            }
        }

        if (Background is < 0 or > 255)
        {
            yield return $"input.background is {Background}; it is 0 to 255.";
        }
    }
}
