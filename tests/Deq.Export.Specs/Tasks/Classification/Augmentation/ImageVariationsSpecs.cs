using Deq.Export.Specs.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Augmentation;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Specs.Tasks.Classification.Augmentation;

public sealed class ImageVariationsSpecs
{
    private static readonly AugmentationRecipe Everything =
        new() { HorizontalFlip = true, ShiftPixels = 3, EraseProbability = 0.4, EraseArea = 0.25 };

    [Fact]
    public void Is_decided_by_seed_epoch_and_index_alone()
    {
        ImageVariations variations = new(Everything, seed: 1);

        ImageVariation[] forwards = [.. Enumerable.Range(0, 50).Select(index => variations.Draw(3, index, 20, 20))];
        ImageVariations same = new(Everything, seed: 1);
        ImageVariation[] backwards = [.. Enumerable.Range(0, 50).Reverse().Select(index => same.Draw(3, index, 20, 20))];

        Assert.Equal(forwards, backwards.Reverse());
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(1, 4)]
    public void Is_another_for_another_seed_or_epoch(int seed, int epoch)
    {
        ImageVariations variations = new(Everything, seed: 1);
        ImageVariations others = new(Everything, seed);

        int same = Enumerable.Range(0, 100).Count(index => variations.Draw(3, index, 20, 20) == others.Draw(epoch, index, 20, 20));

        // A fifth has no rectangle in both and agrees in one of 98 flips and shifts.
        Assert.InRange(same, 0, 5);
    }

    [Fact]
    public void Is_nothing_when_the_recipe_asks_for_nothing()
    {
        ImageVariations variations = new(new AugmentationRecipe(), seed: 1);

        Assert.All(Enumerable.Range(0, 100), index => Assert.Equal(default, variations.Draw(0, index, 20, 20)));
    }

    [Fact]
    public void Mirrors_half_of_the_images_and_shifts_each_way_equally_often()
    {
        ImageVariations variations = new(Everything, seed: 1);

        ImageVariation[] drawn = [.. Enumerable.Range(0, 7000).Select(index => variations.Draw(0, index, 20, 20))];

        // Five deviations of a binomial count: √(7000/4) = 42 and √(7000 · 6/49) = 29.
        Assert.InRange(drawn.Count(variation => variation.IsMirrored), 3290, 3710);
        Assert.All(Enumerable.Range(-3, 7), shift => Assert.InRange(drawn.Count(variation => variation.Right == shift), 855, 1145));
        Assert.All(Enumerable.Range(-3, 7), shift => Assert.InRange(drawn.Count(variation => variation.Down == shift), 855, 1145));
    }

    [Fact]
    public void Blanks_a_rectangle_inside_the_image_as_often_and_at_most_as_large_as_the_recipe_says()
    {
        ImageVariations variations = new(Everything, seed: 1);

        ImageVariation[] drawn = [.. Enumerable.Range(0, 5000).Select(index => variations.Draw(0, index, 20, 30))];
        ImageVariation[] blanked = [.. drawn.Where(variation => variation.EraseHeight > 0)];

        // Five deviations: √(5000 · 0.4 · 0.6) = 35.
        Assert.InRange(blanked.Length, 1825, 2175);
        Assert.All(blanked, variation => Assert.InRange(variation.EraseWidth * variation.EraseHeight, 1, 150));
        Assert.All(blanked, variation => Assert.InRange(variation.EraseLeft, 0, 30 - variation.EraseWidth));
        Assert.All(blanked, variation => Assert.InRange(variation.EraseTop, 0, 20 - variation.EraseHeight));
        Assert.Contains(blanked, variation => variation.EraseWidth * variation.EraseHeight > 120);
    }

    [Fact]
    public void Twice_mirrored_is_the_image_itself()
    {
        ImageInput identity = new() { Channels = 1, Height = 4, Width = 6, Mean = [0], Deviation = [1] };
        ImageDataset images = SyntheticImages.WithLabels([0, 1], height: 4, width: 6);
        ImageVariations mirror = new(new AugmentationRecipe { HorizontalFlip = true }, seed: 1);
        int epoch = Enumerable.Range(0, 100).First(number => mirror.Draw(number, 0, 4, 6).IsMirrored);

        byte[] once = Filled(images, identity, mirror, epoch);
        ImageDataset mirrored = new(1, 4, 6, images.Labels, [once, once], [0, 1]);
        byte[] twice = Filled(mirrored, identity, mirror, epoch);

        Assert.NotEqual(images.Image(0).ToArray(), once);
        Assert.Equal(images.Image(0).ToArray(), twice);
    }

    [Fact]
    public void Of_one_kind_stays_when_another_kind_is_switched_on()
    {
        ImageVariations flips = new(new AugmentationRecipe { HorizontalFlip = true }, seed: 1);
        ImageVariations all = new(Everything, seed: 1);

        Assert.All(Enumerable.Range(0, 100), index => Assert.Equal(flips.Draw(0, index, 20, 20).IsMirrored, all.Draw(0, index, 20, 20).IsMirrored));
    }

    private static byte[] Filled(ImageDataset images, ImageInput identity, ImageVariations variations, int epoch)
    {
        float[] pixels = new float[images.Height * images.Width];
        new ImageBatches(images, identity, variations).Fill([0], epoch, pixels, new long[1]);
        return [.. pixels.Select(pixel => (byte)Math.Round(pixel * 255))];
    }
}
