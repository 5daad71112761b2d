using Deq.Export.Datasets;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>A directory of frame pairs with true flow, in whichever known layout. Pairs are read when asked for.</summary>
internal sealed class FlowDataset
{
    private readonly IReadOnlyList<FlowPairFiles> _files;

    private FlowDataset(string layout, IReadOnlyList<FlowPairFiles> files) => (Layout, _files) = (layout, files);

    /// <summary>Which layout it has.</summary>
    public string Layout { get; }

    /// <summary>How many pairs it has, at least 1.</summary>
    public int Count => _files.Count;

    /// <summary>The names of the pairs.</summary>
    public IEnumerable<string> Names => _files.Select(files => files.Name);

    /// <summary>Finds the pairs of a directory.</summary>
    /// <exception cref="DatasetException">There is no such directory, or it has no pairs in any known layout.</exception>
    public static FlowDataset Open(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        foreach (IFlowLayout layout in FlowLayouts.All)
        {
            if (layout.Find(directory) is { Count: > 0 } files)
            {
                return new FlowDataset(layout.Name, files);
            }
        }

        throw new DatasetException(
            directory, $"It has no pairs of frames with true flow. Known: {string.Join("; ", FlowLayouts.All.Select(l => $"{l.Name} holds {l.Contents}"))}.");
    }

    /// <summary>Reads one pair.</summary>
    /// <param name="index">In [0, <see cref="Count"/>).</param>
    /// <exception cref="DatasetException">A file is missing or faulty, or the sizes differ.</exception>
    public FlowPair Read(int index)
    {
        FlowPairFiles files = _files[index];
        DecodedImage first = ReadImage(files.First);
        DecodedImage second = ReadImage(files.Second);
        FlowField truth = Flow(files.Truth);
        Match(files.Second, first, second.Width, second.Height);
        Match(files.Truth, first, truth.Width, truth.Height);
        FlowField trusted = files.Invalid is null ? truth : Without(truth, Mask(files.Invalid, first));
        return new FlowPair(files.Name, first, second, trusted, Occluded(files, first, trusted));
    }

    /// <summary>Reads the first pairs once, so that one which cannot be measured is found before any solve.</summary>
    /// <param name="count">How many, at most <see cref="Count"/>.</param>
    /// <param name="input">What the model takes.</param>
    /// <exception cref="DatasetException">A file is missing or faulty, the sizes of a pair differ, or the model takes no frames of their size.</exception>
    public void RequireMeasurable(int count, ImageInput input)
    {
        for (int index = 0; index < count; index++)
        {
            FlowPair pair = Read(index);
            if (FramePair.Refusal(pair.First.Width, pair.First.Height, pair.Second.Width, pair.Second.Height, input) is { } refusal)
            {
                throw new DatasetException(_files[index].First, refusal);
            }
        }
    }

    private static bool[]? Occluded(FlowPairFiles files, DecodedImage first, FlowField truth)
    {
        if (files.Occluded is not null)
        {
            return Mask(files.Occluded, first);
        }

        if (files.VisibleTruth is null)
        {
            return null;
        }

        FlowField visible = Flow(files.VisibleTruth);
        Match(files.VisibleTruth, first, visible.Width, visible.Height);
        return [.. truth.Known.Zip(visible.Known, (known, seen) => known && !seen)];
    }

    private static FlowField Without(FlowField flow, bool[] invalid) =>
        new(flow.Width, flow.Height, flow.U, flow.V, [.. flow.Known.Zip(invalid, (known, bad) => known && !bad)]);

    private static bool[] Mask(string path, DecodedImage like)
    {
        DecodedImage image = ReadImage(path);
        Match(path, like, image.Width, image.Height);
        return [.. Enumerable.Range(0, image.Width * image.Height).Select(pixel => image.Pixels[4 * pixel] > 127)];
    }

    /// <summary>Reads one frame, in a known image format or as a pixmap.</summary>
    /// <exception cref="DatasetException">The file is missing or faulty.</exception>
    internal static DecodedImage ReadImage(string path) => PictureFiles.Read(path, bytes =>
        Path.GetExtension(path) == ".ppm" ? PixmapFile.Read(bytes, PictureFiles.Limits) : ImageDecoder.Decode(bytes, PictureFiles.Limits));

    private static FlowField Flow(string path) => PictureFiles.Read(path, bytes =>
        Path.GetExtension(path) == ".png" ? KittiFlow.Read(bytes, PictureFiles.Limits) : MiddleburyFlow.Read(bytes, PictureFiles.Limits));

    private static void Match(string path, DecodedImage first, int width, int height)
    {
        if (width != first.Width || height != first.Height)
        {
            throw new DatasetException(path, $"It has {width} x {height} pixels; the pair's first frame has {first.Width} x {first.Height}.");
        }
    }
}
