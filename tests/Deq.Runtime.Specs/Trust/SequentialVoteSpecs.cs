using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class SequentialVoteSpecs
{
    private static readonly double[] Trust = [0.7, 0.85, 0.6, 0.8, 0.75];
    private static readonly double[] Costs = [1, 1, 1, 1, 1];

    [Fact]
    public void The_most_telling_source_per_cost_is_asked_first()
    {
        Assert.Equal(1, new SequentialVote(Trust, Costs, 3, 0.95).Next);
        Assert.Equal(3, new SequentialVote(Trust, [1, 10, 1, 1, 1], 3, 0.95).Next);
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    public void It_stops_early_and_keeps_its_word(double accuracy)
    {
        var random = new Random(51);
        (int right, int decided, int asked) = (0, 0, 0);
        double believed = 0;
        for (int draw = 0; draw < 20_000; draw++)
        {
            int truth = random.Next(4);
            var vote = new SequentialVote(Trust, Costs, 4, accuracy);
            while (vote.Next is int source)
            {
                vote.Add(source, random.NextDouble() < Trust[source] ? truth : (truth + 1 + random.Next(3)) % 4);
                asked++;
            }

            decided += vote.IsDecided ? 1 : 0;
            right += vote.IsDecided && vote.Label(0) == truth ? 1 : 0;
            believed += vote.IsDecided ? vote.Posterior : 0;
        }

        Assert.InRange((double)right / decided, accuracy, 1);
        Assert.Equal(believed / decided, (double)right / decided, 0.01);
        Assert.InRange(asked / 20_000.0, 1, 4);
    }

    [Fact]
    public void A_source_that_does_not_answer_is_passed_over()
    {
        var vote = new SequentialVote(Trust, Costs, 2, 0.99);

        vote.Add(1, label: null);

        Assert.Equal((3, 0.5, 1), (vote.Next, vote.Posterior, vote.Votes));
    }

    [Theory]
    [InlineData(double.Epsilon)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void An_accuracy_that_a_guess_has_takes_one_vote(double accuracy)
    {
        var vote = new SequentialVote(Trust, Costs, 2, accuracy);

        Assert.Equal((1, false), (vote.Next, vote.IsDecided));
        vote.Add(1, label: null);
        Assert.Equal((3, false), (vote.Next, vote.IsDecided));
        vote.Add(3, 0);

        Assert.Equal((null, true), (vote.Next, vote.IsDecided));
    }

    [Fact]
    public void A_temperature_makes_it_ask_more_but_leaves_a_single_vote_alone()
    {
        var independent = new SequentialVote(Trust, Costs, 2, 0.94);
        var dependent = new SequentialVote(Trust, Costs, 2, 0.94, temperature: 0.5);

        independent.Add(1, 0);
        dependent.Add(1, 0);
        Assert.Equal((0.85, 0.85), (Math.Round(independent.Posterior, 12), Math.Round(dependent.Posterior, 12)));
        independent.Add(3, 0);
        dependent.Add(3, 0);

        Assert.Null(independent.Next);
        Assert.Equal(4, dependent.Next);
        Assert.Equal(1, dependent.Posteriors().Sum(), 1e-12);
    }

    [Fact]
    public void One_strong_source_may_reach_more_alone_than_with_others()
    {
        double[] trust = [0.7, 0.99, 0.7];
        double[] costs = [1, 1, 1];

        double best = SequentialVote.Best(trust, costs, 10, temperature: 0.4);

        var vote = new SequentialVote(trust, costs, 10, accuracy: 0.985, temperature: 0.4);
        vote.Add(1, 3);
        Assert.Equal(0.99, best, 1e-12);
        Assert.True(vote.IsDecided);
    }

    [Fact]
    public void A_source_worse_than_chance_says_the_most_by_voting_for_another_label()
    {
        double best = SequentialVote.Best([0.9, 0.1], [1, 1], 2);

        Assert.Equal(81.0 / 82, best, 1e-12);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 0.4)]
    [InlineData(3, 0.4)]
    [InlineData(4, 2)]
    public void The_best_posterior_is_the_largest_of_all_votes(int classes, double temperature)
    {
        double[] trust = [0.9, 0.1, 0.6, 0.2];
        double[] costs = [1, 2, 1, 3];
        int[] places = [1, classes, classes * classes, classes * classes * classes];
        double largest = 0;
        for (int votes = 0; votes < classes * places[^1]; votes++)
        {
            var vote = new SequentialVote(trust, costs, classes, accuracy: 1, temperature);
            while (vote.Next is int source)
            {
                vote.Add(source, votes / places[source] % classes);
                largest = Math.Max(largest, vote.Posterior);
            }
        }

        double best = SequentialVote.Best(trust, costs, classes, temperature);

        Assert.Equal(largest, best, 1e-12);
    }

    [Fact]
    public void A_second_vote_of_a_source_is_refused()
    {
        var vote = new SequentialVote(Trust, Costs, 2, 0.9);
        vote.Add(0, 1);

        Assert.Throws<InvalidOperationException>(() => vote.Add(0, 1));
    }
}
