using Deq.Export.Commands;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using SkiaSharp;
using PictureFiles = Deq.Export.Specs.Tasks.Classification.Datasets.PictureFiles;

namespace Deq.Export.Specs.Tasks.Classification.Evaluation;

/// <summary>A model of lying bars, standing bars and frames, in this order, whose recipe names no labels.</summary>
public sealed class LabelledImagesSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LabelledImagesSpecs()
    {
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), _folder.File("run"));
        ExportCommand.Run(TrainedTasks.OfProgram, new ExportRequest { Checkpoint = _folder.File("run"), Output = _folder.File("model"), Threads = 1 });
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("more", null, "2 images, not those held out of training")]
    [InlineData("more", LabelledImages.HeldOut, "2 images, not those held out of training")]
    [InlineData("more", LabelledImages.Training, "2 images, not those that trained the weights")]
    [InlineData("more/test", null, "2 test images")]
    [InlineData("more/train", null, "2 images, not those held out of training")]
    public void Are_numbered_as_the_model_numbers_its_classes_though_some_are_missing(string classes, string? part, string description)
    {
        _folder.Write($"{classes}/frame/a.png", PictureFiles.Plain(SKColors.White));
        _folder.Write($"{classes}/standing/a.png", PictureFiles.Plain(SKColors.White));

        LabelledImages images = Open("model", "more", part);

        Assert.Equal([0, 1], images.Indices);
        Assert.Equal([2, 1], images.Indices.Select(images.Dataset.Label));
        Assert.Equal(description, images.Description);
    }

    [Fact]
    public void Are_of_no_folder_that_is_no_class_of_the_model()
    {
        _folder.Write("more/crooked/a.png", PictureFiles.Plain(SKColors.White));
        _folder.Write("more/standing/a.png", PictureFiles.Plain(SKColors.White));

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => Open("model", "more", part: null));

        Assert.EndsWith("crooked: Its name is no class. Expected: lying, standing, frame.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model", LabelledImages.HeldOut, 30, "30 images of the training part, held out of training")]
    [InlineData("model", LabelledImages.Training, 90, "90 images that trained the weights")]
    [InlineData("earlier", LabelledImages.HeldOut, 30, "30 images of the training part; whether they were held out of training is not known")]
    [InlineData("earlier", LabelledImages.Training, 90, "90 images of the training part; whether they trained the weights is not known")]
    public void Are_said_to_be_held_out_only_where_the_bundle_knows_it(string model, string part, int count, string description)
    {
        ThreeShapes.WriteIdx(_folder, count: 120);
        WriteWithoutSplit("earlier");

        LabelledImages images = Open(model, "data", part);

        Assert.Equal((count, description), (images.Indices.Count, images.Description));
    }

    /// <summary>The bundle as it was written before bundles said what was held out.</summary>
    private void WriteWithoutSplit(string name)
    {
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        ModelManifest manifest = bundle.Manifest;
        var provenance = manifest.Provenance.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        Assert.True(provenance.Remove("split"));
        var files = manifest.Files.Keys.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(bundle.Directory, file)), StringComparer.Ordinal);
        BundleWriter.Write(_folder.File(name), manifest with { Provenance = provenance }, files);
    }

    private LabelledImages Open(string model, string data, string? part)
    {
        using ModelBundle bundle = ModelBundle.Open(_folder.File(model), new ExecutionOptions());
        return LabelledImages.Open(bundle, new DirectoryInfo(_folder.File(data)), part);
    }
}
