using System.CommandLine;
using System.Globalization;
using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>How images become a model's input: what no graph shows.</summary>
internal static class ImageOptions
{
    /// <summary>Subtracted per channel.</summary>
    public const string Mean = "--mean";

    /// <summary>Divides per channel.</summary>
    public const string Deviation = "--deviation";

    /// <summary>The options.</summary>
    public static IReadOnlyList<Option> All() =>
    [
        new Option<string?>(Mean) { Description = "Of images: what is subtracted per channel after scaling to [0, 1], such as 0.485,0.456,0.406." },
        new Option<string?>(Deviation) { Description = "Of images: what divides per channel after that." },
    ];

    /// <summary>Those that must be given.</summary>
    public static IReadOnlyList<RequiredOption> Required { get; } =
    [
        new(Mean, "what is subtracted per channel after scaling pixels to [0, 1], 0 for nothing"),
        new(Deviation, "what divides per channel after that, 1 for nothing"),
    ];

    /// <summary>An input with what the user says of it.</summary>
    /// <param name="channels">Of one image.</param>
    /// <param name="answers">What the user says; receives what is still to be asked.</param>
    public static ImageInput Read(int channels, PackAnswers answers) => new()
    {
        Channels = channels,
        Mean = Numbers(Mean, "0", channels, answers),
        Deviation = Numbers(Deviation, "1", channels, answers),
    };

    private static double[] Numbers(string name, string standIn, int channels, PackAnswers answers)
    {
        string[] texts = (answers.Find<string>(name) ?? standIn).Split(',', StringSplitOptions.TrimEntries);
        double[] numbers = [.. texts.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)];
        if (numbers.Any(double.IsNaN))
        {
            answers.Ask($"{name} is '{string.Join(",", texts)}'; it is one number per channel, such as 0.5 or 0.485,0.456,0.406.");
            numbers = [double.Parse(standIn, CultureInfo.InvariantCulture)];
        }

        // One number for all channels.
        return numbers.Length == 1 ? [.. Enumerable.Repeat(numbers[0], channels)] : numbers;
    }
}
