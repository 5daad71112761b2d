using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

/// <summary>Random images with given labels.</summary>
internal static class SyntheticImages
{
    public static ImageDataset WithLabels(IReadOnlyList<int> labels, int channels = 1, int height = 2, int width = 2)
    {
        Random random = new(5);
        byte[][] images = [.. labels.Select(_ => new byte[channels * height * width])];
        Array.ForEach(images, random.NextBytes);
        string[] names = [.. Enumerable.Range(0, labels.Max() + 1).Select(label => $"class {label}")];
        return new ImageDataset(channels, height, width, names, images, [.. labels]);
    }
}
