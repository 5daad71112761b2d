using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class DecisionAccuracySpecs
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(12)]
    [InlineData(15)]
    public void Agrees_with_brute_force_to_1e_12(int count)
    {
        var random = new Random(count);
        double[] p = Sources.Draw(random, count);
        double[] w = Sources.Weights(random, count);

        AccuracyInterval accuracy = DecisionAccuracy.Of(p, w);

        Assert.Equal(Sources.BruteForce(p, w), accuracy.Value, 1e-12);
        Assert.Equal((accuracy.Value, accuracy.Value), (accuracy.Low, accuracy.High));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(11)]
    public void Counts_half_of_the_ties(int count)
    {
        double[] p = Sources.Draw(new Random(3), count);
        double[] w = [.. p.Select(_ => 1.0)];

        Assert.Equal(Sources.BruteForce(p, w), DecisionAccuracy.Of(p, w).Value, 1e-12);
    }

    [Fact]
    public void The_grid_is_exact_where_weights_are_whole_multiples_of_its_step()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 20; trial++)
        {
            double[] p = Sources.Draw(random, 13);
            double[] w = [4096, .. Enumerable.Range(0, 12).Select(_ => (double)random.Next(-4096, 4097)).Select(weight => weight == 0 ? 1 : weight)];

            AccuracyInterval onGrid = DecisionAccuracy.OnGrid(p, w, certain: 0);

            Assert.Equal(DecisionAccuracy.Of(p, w).Value, onGrid.Value, 1e-12);
            Assert.Equal(onGrid.Low, onGrid.High);
        }
    }

    [Fact]
    public void The_interval_of_the_grid_holds_the_accuracy()
    {
        var random = new Random(6);
        for (int trial = 0; trial < 40; trial++)
        {
            double[] p = Sources.Draw(random, 14);
            double[] w = Sources.Weights(random, 14);

            AccuracyInterval onGrid = DecisionAccuracy.OnGrid(p, w, certain: 0);

            Assert.InRange(DecisionAccuracy.Of(p, w).Value, onGrid.Low - 1e-12, onGrid.High + 1e-12);
            Assert.InRange(onGrid.High - onGrid.Low, 0, 0.01);
        }
    }

    [Fact]
    public void Sources_beyond_enumeration_are_binomial_where_all_are_alike()
    {
        const int count = 101;
        double[] p = [.. Enumerable.Repeat(0.6, count)];
        double[] w = [.. Enumerable.Repeat(0.37, count)];
        double expected = 0;
        double term = Math.Pow(0.4, count);
        for (int right = 0; right <= count; right++)
        {
            expected += right > count / 2 ? term : 0;
            term *= (double)(count - right) / (right + 1) * (0.6 / 0.4);
        }

        AccuracyInterval accuracy = DecisionAccuracy.Of(p, w);

        Assert.Equal(expected, accuracy.Value, 1e-12);
        Assert.Equal(accuracy.Low, accuracy.High);
    }

    [Fact]
    public void A_source_that_is_always_right_and_outweighs_the_others_decides()
    {
        Assert.Equal(1, DecisionAccuracy.Of([1, 0.2, 0.3], [5, 1, 1]).Value);
        Assert.Equal(0, DecisionAccuracy.Of([0, 0.2, 0.3], [5, 1, 1]).Value);
        Assert.Equal(1, DecisionAccuracy.Of([1, .. Enumerable.Repeat(0.2, 40)], [50, .. Enumerable.Repeat(1.0, 40)]).Value, 1e-12);
    }

    [Fact]
    public void No_source_is_a_coin() => Assert.Equal(0.5, DecisionAccuracy.Of([], []).Value);

    [Fact]
    public void Neither_order_nor_scale_matters_nor_a_source_turned_around()
    {
        var random = new Random(7);
        for (int trial = 0; trial < 50; trial++)
        {
            double[] p = Sources.Draw(random, 8);
            double[] w = Sources.Weights(random, 8);
            double accuracy = DecisionAccuracy.Of(p, w).Value;

            Assert.Equal(accuracy, DecisionAccuracy.Of([.. p.Reverse()], [.. w.Reverse()]).Value, 1e-12);
            Assert.Equal(accuracy, DecisionAccuracy.Of(p, [.. w.Select(weight => 3.7 * weight)]).Value, 1e-12);
            Assert.Equal(accuracy, DecisionAccuracy.Of([1 - p[0], .. p[1..]], [-w[0], .. w[1..]]).Value, 1e-12);
        }
    }

    [Fact]
    public void Log_odds_of_the_truth_are_the_best_weights()
    {
        var random = new Random(8);
        for (int trial = 0; trial < 200; trial++)
        {
            double[] p = Sources.Draw(random, 7);
            double believed = DecisionAccuracy.Believed(p).Value;

            Assert.True(believed >= DecisionAccuracy.Of(p, Sources.Weights(random, 7)).Value - 1e-12);
            Assert.True(believed >= p.Max(one => Math.Max(one, 1 - one)) - 1e-12);
        }
    }

    [Fact]
    public void Believed_accuracy_is_the_mean_posterior_over_the_votes()
    {
        double[] trust = [0.9, 0.7, 0.4, 0.65, 0.8];
        double mean = 0;
        for (int votes = 0; votes < 32; votes++)
        {
            int[] labels = [.. trust.Select((_, i) => votes >> i & 1)];
            double[] scores = new double[2];
            VoteWeights.Score(labels, Sources.LogOdds(trust), scores);
            double share = Enumerable.Range(0, 2).Average(truth =>
                trust.Select((tau, i) => labels[i] == truth ? tau : 1 - tau).Aggregate(1.0, (product, factor) => product * factor));
            mean += share * VoteWeights.Confidence(scores, 1);
        }

        Assert.Equal(mean, DecisionAccuracy.Believed(trust).Value, 1e-12);
    }

    [Fact]
    public void Pivotality_is_the_derivative()
    {
        var random = new Random(9);
        double[] p = Sources.Draw(random, 9);
        double[] w = Sources.Weights(random, 9);
        for (int i = 0; i < p.Length; i++)
        {
            double[] above = [.. p];
            double[] below = [.. p];
            above[i] += 1e-3;
            below[i] -= 1e-3;

            double pivotality = DecisionAccuracy.Pivotality(p, w, i);

            Assert.Equal((DecisionAccuracy.Of(above, w).Value - DecisionAccuracy.Of(below, w).Value) / 2e-3, pivotality, 1e-9);
            Assert.True(pivotality * w[i] >= 0);
        }
    }

    [Fact]
    public void Says_which_number_is_out_of_range()
    {
        Assert.Contains("Source 1", Assert.Throws<ArgumentException>(() => DecisionAccuracy.Of([0.5, 1.2], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("2 probabilities and 1 weights", Assert.Throws<ArgumentException>(() => DecisionAccuracy.Of([0.5, 0.2], [1])).Message, StringComparison.Ordinal);
    }
}
