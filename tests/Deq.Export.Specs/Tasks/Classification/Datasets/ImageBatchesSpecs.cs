using Deq.Export.Tasks.Classification.Augmentation;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class ImageBatchesSpecs
{
    private static readonly ImageInput Input =
        new() { Channels = 3, Height = 5, Width = 7, Mean = [0.1, 0.2, 0.3], Deviation = [0.4, 0.5, 0.6], Background = 60 };

    private static readonly ImageDataset Dataset = SyntheticImages.WithLabels([.. Enumerable.Range(0, 40).Select(index => index % 4)], 3, 5, 7);

    public static TheoryData<AugmentationRecipe> Variations => new(
        new AugmentationRecipe(),
        new AugmentationRecipe { HorizontalFlip = true },
        new AugmentationRecipe { ShiftPixels = 2 },
        new AugmentationRecipe { EraseProbability = 0.7, EraseArea = 0.3 },
        new AugmentationRecipe { HorizontalFlip = true, ShiftPixels = 2, EraseProbability = 0.5 });

    [Fact]
    public void Holds_normalised_pixels_and_labels_in_the_order_asked_for()
    {
        ImageBatches batches = new(Dataset, Input);
        int[] indices = [17, 3, 39];
        float[] pixels = new float[3 * batches.ImageSize];
        long[] labels = new long[3];

        batches.Fill(indices, epoch: 0, pixels, labels);

        Assert.Equal([1L, 3L, 3L], labels);
        Assert.Equal(indices.SelectMany(index => Reference(index, default)), pixels);
    }

    [Theory]
    [MemberData(nameof(Variations))]
    public void Equals_a_pixel_by_pixel_reference_when_images_are_varied(AugmentationRecipe recipe)
    {
        ImageVariations variations = new(recipe, seed: 4);
        ImageBatches batches = new(Dataset, Input, variations);
        int[] indices = [.. Enumerable.Range(0, Dataset.Count)];
        float[] pixels = new float[Dataset.Count * batches.ImageSize];

        batches.Fill(indices, epoch: 2, pixels, new long[Dataset.Count]);

        Assert.Equal(indices.SelectMany(index => Reference(index, variations.Draw(2, index, 5, 7))), pixels);
    }

    [Fact]
    public void Does_not_depend_on_which_images_share_it()
    {
        AugmentationRecipe recipe = new() { HorizontalFlip = true, ShiftPixels = 2, EraseProbability = 0.5 };
        ImageBatches batches = new(Dataset, Input, new ImageVariations(recipe, seed: 4));
        float[] together = new float[3 * batches.ImageSize];
        float[] alone = new float[batches.ImageSize];

        batches.Fill([8, 9, 10], epoch: 1, together, new long[3]);
        batches.Fill([9], epoch: 1, alone, new long[1]);

        Assert.Equal(together[batches.ImageSize..(2 * batches.ImageSize)], alone);
    }

    [Fact]
    public void Leaves_the_rest_of_a_longer_buffer_alone()
    {
        ImageBatches batches = new(Dataset, Input);
        float[] pixels = new float[2 * batches.ImageSize];
        pixels.AsSpan().Fill(float.NaN);

        batches.Fill([0], epoch: 0, pixels, new long[1]);

        Assert.All(pixels[batches.ImageSize..], number => Assert.True(float.IsNaN(number)));
    }

    [Fact]
    public void Rejects_a_buffer_that_is_too_short_before_it_writes_anything()
    {
        ImageBatches batches = new(Dataset, Input);
        float[] pixels = new float[(2 * batches.ImageSize) - 1];

        ArgumentException fault = Assert.Throws<ArgumentException>(() => batches.Fill([0, 1], epoch: 0, pixels, new long[2]));

        Assert.Contains($"{2 * batches.ImageSize}", fault.Message, StringComparison.Ordinal);
        Assert.All(pixels, number => Assert.Equal(0, number));
    }

    /// <summary>What an image becomes, one target pixel at a time and by the definition of normalisation.</summary>
    private static IEnumerable<float> Reference(int index, ImageVariation variation)
    {
        for (int channel = 0; channel < 3; channel++)
        {
            for (int y = 0; y < 5; y++)
            {
                for (int x = 0; x < 7; x++)
                {
                    bool isErased = y >= variation.EraseTop && y < variation.EraseTop + variation.EraseHeight
                        && x >= variation.EraseLeft && x < variation.EraseLeft + variation.EraseWidth;
                    int fromY = y - variation.Down;
                    int fromX = x - variation.Right;
                    bool isInside = fromY is >= 0 and < 5 && fromX is >= 0 and < 7;
                    int column = variation.IsMirrored ? 6 - fromX : fromX;
                    int value = isInside ? Dataset.Image(index)[(channel * 35) + (fromY * 7) + column] : 60;
                    yield return isErased ? 0 : (float)(((value / 255.0) - Input.Mean[channel]) / Input.Deviation[channel]);
                }
            }
        }
    }
}
