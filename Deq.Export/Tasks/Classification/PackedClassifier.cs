using System.CommandLine;
using System.Globalization;
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
        int classes = logits.Shape is [_, string last] ? int.Parse(last, CultureInfo.InvariantCulture) : 2;
        string[] standIn = [.. Enumerable.Range(0, classes).Select(label => $"class {label}")];
        string given = answers.Find<string>(Labels) ?? "";
        string[] labels = given.Length == 0 ? standIn
            : File.Exists(given) ? [.. File.ReadAllLines(given).Select(line => line.Trim()).Where(line => line.Length > 0)]
            : given.Split(',', StringSplitOptions.TrimEntries);
        if (labels.Length != classes)
        {
            answers.Ask($"{Labels} has {labels.Length} names{(labels.Length == 1 ? $" ('{given}' is no file)" : "")}; the decoder gives {classes} logits.");
            return standIn;
        }

        return labels;
    }
}
