using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class VoteWeightsSpecs
{
    [Fact]
    public void The_posterior_is_that_of_Bayes()
    {
        double[] trust = [0.8, 0.6, 0.3];
        int[] votes = [2, 0, 2];
        double[] likelihoods = [.. Enumerable.Range(0, 4).Select(k => trust.Select((tau, i) => votes[i] == k ? tau : (1 - tau) / 3).Aggregate((a, b) => a * b))];
        double[] weights = new double[3];
        double[] posterior = new double[4];

        VoteWeights.Fill(trust, 4, weights);
        VoteWeights.Score(votes, weights, posterior);
        VoteWeights.Posterior(posterior, 1, posterior);

        for (int k = 0; k < 4; k++)
        {
            Assert.Equal(likelihoods[k] / likelihoods.Sum(), posterior[k], 1e-12);
        }
    }

    [Fact]
    public void Trust_at_chance_has_no_weight() => Assert.Equal(0, VoteWeights.Of(0.1, 10), 1e-12);

    [Fact]
    public void A_tie_favours_no_label()
    {
        int[] counts = new int[3];
        for (ulong coin = 0; coin < 100; coin++)
        {
            counts[VoteWeights.Decide([1.5, 0.2, 1.5], coin)]++;
        }

        Assert.Equal([50, 0, 50], counts);
    }

    [Fact]
    public void Sources_that_did_not_vote_do_not_count()
    {
        double[] scores = new double[2];

        VoteWeights.Score([1, -1, 1], [0.5, 9, 0.25], scores);

        Assert.Equal([0, 0.75], scores);
    }

    [Fact]
    public void Scores_of_any_size_give_a_posterior() => Assert.Equal(1, VoteWeights.Confidence([5000, -5000], 1));

    [Fact]
    public void Trust_of_certainty_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => VoteWeights.Of(1, 2));
}
