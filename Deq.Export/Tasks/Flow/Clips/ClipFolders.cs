using Deq.Export.Datasets;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Clips as folders of frames, <c>.png</c>, <c>.jpg</c> or <c>.ppm</c>, in the order of their names and numbers; where frames are missing another clip begins.</summary>
internal static class ClipFolders
{
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".ppm"];

    /// <summary>Reads the clip that a directory holds, or one from each folder in it.</summary>
    /// <param name="directory">With frames, or with folders of frames.</param>
    /// <param name="known">Pairs whose truth is taken over where a clip has both frames one after the other, pixel for pixel.</param>
    /// <param name="input">What the model takes that is measured on them; null checks no sizes. Default null.</param>
    /// <exception cref="DatasetException">There is no such directory, it has no two frames, one of them is faulty, or the model takes no frames of that size.</exception>
    public static IReadOnlyList<FlowClip> Read(string directory, IReadOnlyList<FlowPair> known, ImageInput? input = null)
    {
        ArgumentNullException.ThrowIfNull(known);
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        string[] folders = [directory, .. FlowLayouts.Folders(directory)];
        FlowClip[] clips = [.. folders.SelectMany(folder => ReadFolder(folder, known, input))];
        return clips.Length > 0 ? clips : throw new DatasetException(directory, "Neither it nor a folder in it holds two frames, .png, .jpg or .ppm.");
    }

    private static string[] Files(string folder) =>
        [.. FlowLayouts.Files(folder, "*").Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))];

    /// <summary>Files that follow one another by their numbers, which rise by the smallest step of all; those without numbers follow one another as they are.</summary>
    private static List<string[]> Runs(string[] files)
    {
        NumberedName[] names = [.. files.Select(NumberedName.Of)];
        long?[] steps = [.. names.Zip(names.Skip(1), (first, second) => first.Start == second.Start ? second.Number - first.Number : null)];
        long? least = steps.Where(step => step > 0).Min();
        var runs = new List<string[]>();
        for (int from = 0, to = 1; to <= files.Length; to++)
        {
            bool isNumbered = to < files.Length && names[to - 1].Number is not null && names[to].Number is not null;
            if (to == files.Length || (isNumbered && steps[to - 1] != least))
            {
                runs.Add(files[from..to]);
                from = to;
            }
        }

        return [.. runs.Where(run => run.Length >= 2)];
    }

    /// <summary>The clip that begins with the folder's first frame has the folder's name; the others have that of their own first frame too.</summary>
    private static IEnumerable<FlowClip> ReadFolder(string folder, IReadOnlyList<FlowPair> known, ImageInput? input)
    {
        string[] files = Files(folder);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        return Runs(files).Select(run => Read(run[0] == files[0] ? name : $"{name}/{Path.GetFileNameWithoutExtension(run[0])}", run, known, input));
    }

    private static FlowClip Read(string name, string[] files, IReadOnlyList<FlowPair> known, ImageInput? input)
    {
        DecodedImage[] frames = [.. files.Select(FlowDataset.ReadImage)];
        RequireSizes(files, frames, input);
        return new FlowClip(name, frames, [.. frames.Zip(frames.Skip(1), Truth)]);

        FlowField? Truth(DecodedImage first, DecodedImage second) =>
            known.FirstOrDefault(pair => IsSame(pair.First, first) && IsSame(pair.Second, second))?.Truth;
    }

    /// <summary>Pairs of two sizes are left out when clips are measured, so only frames that are followed by one of their size must be taken.</summary>
    private static void RequireSizes(string[] files, DecodedImage[] frames, ImageInput? input)
    {
        for (int pair = 0; input is not null && pair < frames.Length - 1; pair++)
        {
            (DecodedImage first, DecodedImage second) = (frames[pair], frames[pair + 1]);
            bool isPair = (first.Width, first.Height) == (second.Width, second.Height);
            if (isPair && FramePair.Refusal(first.Width, first.Height, second.Width, second.Height, input) is { } refusal)
            {
                throw new DatasetException(files[pair], refusal);
            }
        }
    }

    private static bool IsSame(DecodedImage a, DecodedImage b) =>
        (a.Width, a.Height) == (b.Width, b.Height) && a.Pixels.AsSpan().SequenceEqual(b.Pixels);
}
