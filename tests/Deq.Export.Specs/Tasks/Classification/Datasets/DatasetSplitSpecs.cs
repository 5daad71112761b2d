using CsCheck;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class DatasetSplitSpecs
{
    private static readonly Gen<(int[] Labels, double Share, int Seed)> Cases =
        Gen.Select(Gen.Int[0, 4].Array[1, 200], Gen.Double[0.01, 0.5], Gen.Int[0, 1000]);

    [Fact]
    public void Is_disjoint_complete_and_sorted() => Cases.Each(
        200,
        @case =>
        {
            ImageDataset dataset = SyntheticImages.WithLabels(@case.Labels);

            DatasetSplit split = DatasetSplit.HoldOut(dataset, @case.Share, @case.Seed);

            Assert.Equal(Enumerable.Range(0, dataset.Count), split.Train.Concat(split.Validation).Order());
            Assert.Equal(split.Train.Order(), split.Train);
            Assert.Equal(split.Validation.Order(), split.Validation);
        });

    [Fact]
    public void Takes_the_share_of_every_class_to_the_nearest_image() => Cases.Each(
        200,
        @case =>
        {
            ImageDataset dataset = SyntheticImages.WithLabels(@case.Labels);

            DatasetSplit split = DatasetSplit.HoldOut(dataset, @case.Share, @case.Seed);

            foreach (IGrouping<int, int> members in Enumerable.Range(0, dataset.Count).GroupBy(dataset.Label))
            {
                int count = members.Count();
                int held = split.Validation.Count(index => dataset.Label(index) == members.Key);
                bool isNearest = count == 1 ? held == 0 : held == 1 || Math.Abs(held - (@case.Share * count)) <= 0.5;
                Assert.True(isNearest, $"{held} of {count} at {@case.Share}");
                Assert.True(held < count);
            }
        });

    [Fact]
    public void Is_the_same_for_the_same_seed_and_another_for_another()
    {
        ImageDataset dataset = SyntheticImages.WithLabels([.. Enumerable.Range(0, 300).Select(index => index % 3)]);

        DatasetSplit first = DatasetSplit.HoldOut(dataset, 0.2, seed: 1);
        DatasetSplit again = DatasetSplit.HoldOut(dataset, 0.2, seed: 1);
        DatasetSplit other = DatasetSplit.HoldOut(dataset, 0.2, seed: 2);

        Assert.Equal(first.Validation, again.Validation);
        Assert.NotEqual(first.Validation, other.Validation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Rejects_a_share_that_leaves_one_side_empty(double share)
    {
        ImageDataset dataset = SyntheticImages.WithLabels([0, 1]);

        Assert.Throws<ArgumentOutOfRangeException>(() => DatasetSplit.HoldOut(dataset, share, seed: 1));
    }
}
