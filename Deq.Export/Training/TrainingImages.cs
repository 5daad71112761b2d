using Deq.Export.Augmentation;
using Deq.Export.Datasets;
using Deq.Export.Recipes;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>The images of a run as tensors: a training share, varied anew each epoch, and a held-out share as they are.</summary>
public sealed class TrainingImages
{
    private readonly TrainingRecipe _recipe;
    private readonly Device _device;
    private readonly DatasetSplit _split;
    private readonly ImageBatches _varied;
    private readonly ImageBatches _plain;
    private readonly float[] _pixels;
    private readonly long[] _labels;

    /// <summary>Splits a data set as the recipe says.</summary>
    /// <param name="recipe">Seed, held-out share, augmentation, batch size.</param>
    /// <param name="dataset">The training part.</param>
    /// <param name="device">Where the tensors go.</param>
    public TrainingImages(TrainingRecipe recipe, ImageDataset dataset, Device device)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(dataset);
        (_recipe, _device) = (recipe, device);
        Labels = dataset.Labels;
        _split = DatasetSplit.HoldOut(dataset, recipe.Dataset.ValidationShare, recipe.Seed);
        _varied = new ImageBatches(dataset, recipe.Input, new ImageVariations(recipe.Augmentation, recipe.Seed));
        _plain = new ImageBatches(dataset, recipe.Input);
        _pixels = new float[recipe.Training.BatchSize * _plain.ImageSize];
        _labels = new long[recipe.Training.BatchSize];
    }

    /// <summary>Class names by index.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Indices of the held-out images.</summary>
    public IReadOnlyList<int> HeldOut => _split.Validation;

    /// <summary>The mini-batches of an epoch, as indices.</summary>
    /// <param name="epoch">From 0.</param>
    public IReadOnlyList<int[]> Batches(int epoch) => [.. Epoch.Batches(_split.Train, _recipe.Training.BatchSize, _recipe.Seed, epoch)];

    /// <summary>Varied images <c>[B, C, H, W]</c> and labels <c>[B]</c>.</summary>
    public (Tensor Images, Tensor Labels) Training(int[] indices, int epoch) => Tensors(_varied, indices, epoch);

    /// <summary>Images as they are <c>[B, C, H, W]</c> and labels <c>[B]</c>; at most the recipe's batch size.</summary>
    public (Tensor Images, Tensor Labels) Plain(int[] indices) => Tensors(_plain, indices, epoch: 0);

    private (Tensor Images, Tensor Labels) Tensors(ImageBatches source, int[] indices, int epoch)
    {
        source.Fill(indices, epoch, _pixels, _labels);
        int length = indices.Length * source.ImageSize;
        Tensor images = tensor(_pixels.AsSpan(0, length).ToArray(), [indices.Length, _recipe.Input.Channels, _recipe.Input.Height, _recipe.Input.Width]);
        Tensor labels = tensor(_labels.AsSpan(0, indices.Length).ToArray());
        return (images.to(_device), labels.to(_device));
    }
}
