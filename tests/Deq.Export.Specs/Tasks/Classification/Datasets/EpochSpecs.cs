using CsCheck;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class EpochSpecs
{
    [Fact]
    public void Visits_each_index_once_in_batches_of_which_only_the_last_is_smaller() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 50], Gen.Int[0, 9]).Each(
        200,
        @case =>
        {
            (int count, int batchSize, int epoch) = @case;
            int[] indices = [.. Enumerable.Range(0, count).Select(index => 3 * index)];

            int[][] batches = [.. Epoch.Batches(indices, batchSize, seed: 1, epoch)];

            Assert.Equal(indices, batches.SelectMany(batch => batch).Order());
            Assert.All(batches.SkipLast(1), batch => Assert.Equal(batchSize, batch.Length));
        });

    [Fact]
    public void Has_an_order_of_its_own_that_its_seed_and_number_repeat()
    {
        int[] indices = [.. Enumerable.Range(0, 100)];

        int[][] orders = [.. new[] { (1, 0), (1, 0), (1, 1), (2, 0) }.Select(key => Epoch.Batches(indices, 100, key.Item1, key.Item2).Single())];

        Assert.Equal(orders[0], orders[1]);
        Assert.NotEqual(orders[0], orders[2]);
        Assert.NotEqual(orders[0], orders[3]);
        Assert.NotEqual(indices, orders[0]);
    }

    [Fact]
    public void Puts_each_index_in_each_place_equally_often()
    {
        int[] indices = [0, 1, 2, 3, 4];
        int[,] counts = new int[5, 5];

        for (int epoch = 0; epoch < 5000; epoch++)
        {
            int[] order = Epoch.Batches(indices, 5, seed: 3, epoch).Single();
            for (int place = 0; place < 5; place++)
            {
                counts[order[place], place]++;
            }
        }

        // 1000 expected, with a deviation of √(5000 · 0.2 · 0.8) = 28: five deviations.
        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, 860, 1140));
    }
}
