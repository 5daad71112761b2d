using Deq.Export.Datasets;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.FirstRecipe;

/// <summary>What a first recipe has to know of a data set: classes, size, colours, and how bright and varied the images are.</summary>
internal sealed record ImageSurvey
{
    /// <summary>The largest side that is worked at unless another is asked for: more costs hours on a processor.</summary>
    public const int UsualSide = 32;

    private const int SmallestSide = 16;

    /// <summary>Sides are multiples of this, so that every architecture here can halve them.</summary>
    private const int Multiple = 8;

    /// <summary>What the first recipe's architecture divides sides by.</summary>
    private const int LeastMultiple = 4;

    /// <summary>Headers that are read to find out how large the images are.</summary>
    private const int Sampled = 200;

    /// <summary>Smaller deviations would only blow up noise.</summary>
    private const double LeastDeviation = 0.01;

    /// <summary>How the training images become numbers.</summary>
    public required ImageInput Input { get; init; }

    /// <summary>Classes in order, each with its number of training images.</summary>
    public required IReadOnlyList<(string Name, int Images)> Classes { get; init; }

    /// <summary>Training images.</summary>
    public int Images => Classes.Sum(each => each.Images);

    /// <summary>Looks at the training part of a data set.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="side">Pixels to work at; null chooses.</param>
    /// <exception cref="DatasetException">It cannot be read.</exception>
    public static ImageSurvey Of(string directory, int? side)
    {
        int chosen = side ?? UsualSideOf(directory);
        ImageDataset dataset = DatasetReader.Survey(directory, Plain(3, chosen, chosen));
        RequireSides(directory, dataset, side);
        bool isGrey = dataset.Channels == 1 || Enumerable.Range(0, dataset.Count).All(index => IsGrey(dataset.Image(index)));
        (double[] mean, double[] deviation) = Moments(dataset, isGrey ? 1 : 3);
        return new ImageSurvey
        {
            Input = Plain(mean.Length, dataset.Height, dataset.Width) with { Mean = mean, Deviation = deviation },
            Classes = [.. dataset.Labels.Select((label, index) => (label, Enumerable.Range(0, dataset.Count).Count(image => dataset.Label(image) == index)))],
        };
    }

    /// <summary>Files of one array hold images of one size, which nothing changes.</summary>
    private static void RequireSides(string directory, ImageDataset dataset, int? side)
    {
        string size = $"Its images have {dataset.Width} x {dataset.Height} pixels";
        if (side is { } asked && (dataset.Width, dataset.Height) != (asked, asked))
        {
            throw new DatasetException(directory, $"{size}, and are worked at as they are; --size {asked} is for folders of pictures.");
        }

        if (dataset.Width % LeastMultiple != 0 || dataset.Height % LeastMultiple != 0)
        {
            throw new DatasetException(directory, $"{size}; sides must be multiples of {LeastMultiple}.");
        }
    }

    private static ImageInput Plain(int channels, int height, int width) => new()
    {
        Channels = channels,
        Height = height,
        Width = width,
        Mean = [.. Enumerable.Repeat(0.5, channels)],
        Deviation = [.. Enumerable.Repeat(0.25, channels)],
    };

    /// <summary>The median of the images' longer sides, within what is worked at.</summary>
    private static int UsualSideOf(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        string[] files = [.. ImageFile.In(directory)];
        int step = Math.Max(1, files.Length / Sampled);
        int[] sides = [.. files.Where((_, place) => place % step == 0).Select(ImageFile.LongerSide).OfType<int>().Order()];
        return sides.Length == 0 ? UsualSide : Math.Clamp((sides[sides.Length / 2] + Multiple - 1) / Multiple * Multiple, SmallestSide, UsualSide);
    }

    private static bool IsGrey(ReadOnlySpan<byte> planes)
    {
        int plane = planes.Length / 3;
        return planes[..plane].SequenceEqual(planes.Slice(plane, plane)) && planes[..plane].SequenceEqual(planes[(2 * plane)..]);
    }

    /// <summary>Mean and deviation of every channel over all training images, as shares of 255, to three decimals.</summary>
    private static (double[] Mean, double[] Deviation) Moments(ImageDataset dataset, int channels)
    {
        int plane = dataset.Height * dataset.Width;
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        for (int image = 0; image < dataset.Count; image++)
        {
            ReadOnlySpan<byte> pixels = dataset.Image(image);
            for (int channel = 0; channel < channels; channel++)
            {
                foreach (byte pixel in pixels.Slice(channel * plane, plane))
                {
                    sums[channel] += pixel / 255.0;
                    squares[channel] += pixel / 255.0 * (pixel / 255.0);
                }
            }
        }

        double count = (double)plane * dataset.Count;
        double[] mean = [.. sums.Select(sum => Math.Round(sum / count, 3))];
        double[] deviation = [.. squares.Zip(sums, (square, sum) =>
            Math.Round(Math.Max(LeastDeviation, Math.Sqrt(Math.Max(0, (square / count) - (sum / count * (sum / count))))), 3))];
        return (mean, deviation);
    }
}
