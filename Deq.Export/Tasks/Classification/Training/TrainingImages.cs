using System.Globalization;
using Deq.Export.Datasets;
using Deq.Export.Tasks.Classification.Augmentation;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>The images of a run as tensors: a training share, varied anew each epoch, and a held-out share as they are.</summary>
internal sealed class TrainingImages
{
    private readonly ClassifierRecipe _recipe;
    private readonly Device _device;
    private readonly DatasetSplit _split;
    private readonly ImageBatches _varied;
    private readonly ImageBatches _plain;
    private Prepared? _next;

    /// <summary>Splits a data set as the recipe says.</summary>
    /// <param name="recipe">Seed, held-out share, augmentation, batch size.</param>
    /// <param name="dataset">The training part.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <exception cref="DatasetException">No image can be held out, or no bundle can be written of these classes.</exception>
    public TrainingImages(ClassifierRecipe recipe, ImageDataset dataset, Device device)
    {
        (_recipe, _device) = (recipe, device);
        (Labels, Count) = (dataset.Labels, dataset.Count);
        RequireClasses(recipe.Name, dataset);
        _split = recipe.Dataset.Split(dataset, recipe.Seed);
        if (_split.Validation.Length == 0)
        {
            throw new DatasetException(recipe.Name, "Every class has a single image, so none can be held out; a class needs two at least.");
        }

        _varied = new ImageBatches(dataset, recipe.Input, new ImageVariations(recipe.Augmentation, recipe.Seed));
        _plain = new ImageBatches(dataset, recipe.Input);
    }

    /// <summary>Class names by index.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Images in all.</summary>
    public int Count { get; }

    /// <summary>Indices of the held-out images.</summary>
    public IReadOnlyList<int> HeldOut => _split.Validation;

    /// <summary>The same text where the same images of as many train and are held out.</summary>
    public string Split => _split.Fingerprint;

    /// <summary>Held-out images evenly spaced over all of them, which lie class by class in folders.</summary>
    /// <param name="most">At least 1.</param>
    public int[] SampleOfHeldOut(int most)
    {
        int[] all = _split.Validation;
        int count = Math.Min(most, all.Length);
        return [.. Enumerable.Range(0, count).Select(place => all[(int)((long)place * all.Length / count)])];
    }

    /// <summary>The mini-batches of an epoch, as indices.</summary>
    /// <param name="epoch">From 0.</param>
    public IReadOnlyList<int[]> Batches(int epoch) => [.. Epoch.Batches(_split.Train, _recipe.Training.BatchSize, _recipe.Seed, epoch)];

    /// <summary>Varied images <c>[B, C, H, W]</c> and labels <c>[B]</c>.</summary>
    /// <param name="indices">Which.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="next">The images of the same epoch that will be asked for next: another thread varies them meanwhile. Null for none.</param>
    public (Tensor Images, Tensor Labels) Training(int[] indices, int epoch, int[]? next = null)
    {
        Prepared? prepared = _next;
        _next = next is null ? null : new Prepared(next, epoch, Task.Run(() => Fill(_varied, next, epoch)));
        bool isReady = prepared is not null && ReferenceEquals(prepared.Indices, indices) && prepared.Epoch == epoch;
        return Tensors(isReady ? prepared!.Batch.GetAwaiter().GetResult() : Fill(_varied, indices, epoch));
    }

    /// <summary>Images as they are <c>[B, C, H, W]</c> and labels <c>[B]</c>; at most the recipe's batch size.</summary>
    public (Tensor Images, Tensor Labels) Plain(int[] indices) => Tensors(Fill(_plain, indices, epoch: 0));

    /// <summary>What a manifest refuses of labels, and a class that nothing teaches, are found before training rather than after it.</summary>
    private static void RequireClasses(string name, ImageDataset dataset)
    {
        IReadOnlyList<string> labels = dataset.Labels;
        if (labels.Count < 2)
        {
            throw new DatasetException(name, $"The images are of {labels.Count} class{(labels.Count == 1 ? "" : "es")}; a classifier needs 2 at least.");
        }

        if (labels.Any(string.IsNullOrWhiteSpace))
        {
            throw new DatasetException(name, $"Class {labels.ToList().FindIndex(string.IsNullOrWhiteSpace)}, counted from 0, has a blank name; rename its folder, or name it in the recipe's labels.");
        }

        HashSet<int> shown = [.. Enumerable.Range(0, dataset.Count).Select(dataset.Label)];

        // Data that are only numbered may begin at 1 or leave numbers out.
        string[] empty = [.. labels.Where((name, label) => !shown.Contains(label) && name != label.ToString(CultureInfo.InvariantCulture))];
        if (empty.Length > 0)
        {
            throw new DatasetException(name, $"These classes have no image to train with: {string.Join(", ", empty)}. Give each one at least, or take it out of the recipe's labels.");
        }
    }

    private static Batch Fill(ImageBatches source, int[] indices, int epoch)
    {
        var batch = new Batch(new float[indices.Length * source.ImageSize], new long[indices.Length]);
        source.Fill(indices, epoch, batch.Pixels, batch.Labels);
        return batch;
    }

    private (Tensor Images, Tensor Labels) Tensors(Batch batch)
    {
        (int channels, int height, int width) = (_recipe.Input.Channels, _recipe.Input.Height, _recipe.Input.Width);
        Tensor images = tensor(batch.Pixels, [batch.Labels.Length, channels, height, width]).InTorchsMemory(device: _device);
        return (images, tensor(batch.Labels, device: _device));
    }

    private sealed record Batch(float[] Pixels, long[] Labels);

    private sealed record Prepared(int[] Indices, int Epoch, Task<Batch> Batch);
}
