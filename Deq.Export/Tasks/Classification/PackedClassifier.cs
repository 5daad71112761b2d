using System.CommandLine;
using System.Globalization;
using System.Text;
using Deq.Export.Packing;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Classification;

namespace Deq.Export.Tasks.Classification;

/// <summary>A foreign classifier: images of one size in, logits out.</summary>
internal sealed class PackedClassifier : IPackedTask
{
    private const string Labels = "--labels";
    private const string Resize = "--resize";
    private const string Background = "--background";

    /// <summary>Refuses bytes that are not UTF-8; the mark at the start of a file is no part of its first name.</summary>
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public string Name => ClassificationTask.Id;

    /// <inheritdoc/>
    public string Output => ClassificationTask.Logits;

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options
    {
        get
        {
            var resize = new Option<string?>(Resize) { Description = "Of a classifier: how images of other sizes are resized, fit (default), crop or stretch." };
            resize.AcceptOnlyFromAmong("fit", "crop", "stretch");
            return
            [
                new Option<string?>(Labels) { Description = "Of a classifier: a file with the name of a class per line, or the names with commas between." },
                .. ImageOptions.All(),
                resize,
                new Option<int>(Background) { Description = "Of a classifier: luminance of bars, 0 (default) to 255." },
            ];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RequiredOption> Required { get; } = [new(Labels, "the names of the classes, in the order of the logits"), .. ImageOptions.Required];

    /// <inheritdoc/>
    public ModelManifest Describe(ModelManifest blank, PackedTensors tensors, PackAnswers answers)
    {
        int[] extents = [.. tensors.Input.Shape.Skip(1).Select(extent => int.Parse(extent, CultureInfo.InvariantCulture))];
        if (extents is not [1 or 3, _, _])
        {
            answers.Ask($"The encoder takes [{string.Join(", ", tensors.Input.Shape)}]; of a classifier it takes images, [B, 1 or 3, height, width]. For other inputs use another --task.");
            extents = [1, 1, 1];
        }

        return blank with
        {
            Input = ImageOptions.Read(extents[0], answers) with
            {
                Height = extents[1],
                Width = extents[2],
                Resize = answers.Find<string>(Resize) ?? "fit",
                Background = answers.Find<int>(Background),
            },
            Labels = ReadLabels(tensors.Output, answers),
        };
    }

    private static string[] ReadLabels(StampedTensor logits, PackAnswers answers)
    {
        int classes = logits.Shape is [_, string second, ..] ? int.Parse(second, CultureInfo.InvariantCulture) : 2;
        string[] standIn = [.. Enumerable.Range(0, classes).Select(label => $"class {label}")];
        string given = answers.Find<string>(Labels) ?? "";
        bool isFile = File.Exists(given);
        string[]? labels = given.Length == 0 ? standIn : isFile ? ReadLines(given) : given.Split(',', StringSplitOptions.TrimEntries);
        if (labels is null)
        {
            answers.Ask($"{Labels}: '{given}' is no text in UTF-8; save it as UTF-8, with the name of a class per line.");
            return standIn;
        }

        // Logits of another shape are refused with their own mend; how many they are is not known before.
        if (labels.Length != classes && logits.Shape is [_, _])
        {
            string absent = isFile || labels.Length != 1 ? "" : $" ('{given}' is {(Directory.Exists(given) ? "a folder" : "no file")})";
            answers.Ask($"{Labels} has {labels.Length} names{absent}; the decoder gives {classes} logits.");
            return standIn;
        }

        return labels;
    }

    /// <summary>The lines of a file that have something on them; null where it is no text in UTF-8.</summary>
    private static string[]? ReadLines(string path)
    {
        try
        {
            string[] lines = File.ReadAllLines(path, s_strict);
            return lines.Any(line => line.Contains('\0', StringComparison.Ordinal)) ? null : [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
