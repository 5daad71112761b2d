using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class TrustedVoteSpecs
{
    [Fact]
    public void Workers_that_differ_are_told_apart_and_the_majority_is_beaten()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 1, items: 600, classes: 3, trust: [0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4]);

        var vote = TrustedVote.Of(crowd.Votes, crowd.Gold(300));

        double weighted = crowd.Accuracy(300, item => vote.Items[item].Label);
        Assert.NotEqual("equal", vote.Weights);
        Assert.InRange(weighted, crowd.Accuracy(300, crowd.Votes.Majority) + 0.05, 1);
        Assert.Equal(vote.Believed, weighted, 0.05);
        Assert.InRange(vote.Temperature!.Value, 0.75, 1.3);
    }

    [Fact]
    public void Workers_that_do_not_differ_mostly_leave_the_decision_to_the_majority()
    {
        int equal = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            DrawnCrowd crowd = DrawnCrowd.Of(seed, items: 200, classes: 4, trust: [.. Enumerable.Repeat(0.6, 6)]);

            var vote = TrustedVote.Of(crowd.Votes, crowd.Gold(60));

            if (vote.Weights == "equal")
            {
                equal++;
                Assert.All(Enumerable.Range(0, 200), item => Assert.Equal(crowd.Votes.Majority(item), vote.Items[item].Label));
            }
        }

        Assert.InRange(equal, 15, 20);
    }

    [Fact]
    public void Shared_errors_are_corrected()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 3, items: 1200, classes: 2, trust: [.. Enumerable.Repeat(0.75, 15)], hardShare: 0.3);

        var vote = TrustedVote.Of(crowd.Votes, crowd.Gold(600));

        double accuracy = crowd.Accuracy(600, item => vote.Items[item].Label);
        Assert.InRange(vote.Temperature!.Value, 0.02, 0.6);
        Assert.InRange(vote.Believed - accuracy, 0.05, 1);
        Assert.InRange(Math.Abs(vote.BelievedCorrected!.Value - accuracy), 0, 0.03);
    }

    [Fact]
    public void Confusions_that_all_workers_share_are_used()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 4, items: 1500, classes: 6, trust: [.. Enumerable.Repeat(0.45, 4)], takesForNext: 0.95);

        var vote = TrustedVote.Of(crowd.Votes, crowd.Gold(750));

        Assert.Equal("confusions", vote.Weights);
        Assert.InRange(crowd.Accuracy(750, item => vote.Items[item].Label), crowd.Accuracy(750, crowd.Votes.Majority) + 0.03, 1);
    }

    [Fact]
    public void The_truth_of_an_item_is_left_out_of_its_own_scores()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 5, items: 60, classes: 3, trust: [0.9, 0.5, 0.5]);
        int[] gold = crowd.Gold(30);
        int[] without = [.. gold];
        without[7] = -1;
        var known = new GoldVotes(crowd.Votes, gold);
        var unknown = new GoldVotes(crowd.Votes, without);
        double[] leftOut = new double[3];
        double[] never = new double[3];

        foreach ((IVoteModel own, IVoteModel other) in new (IVoteModel, IVoteModel)[]
        {
            (new EqualWeights(known), new EqualWeights(unknown)),
            (new TrustWeights(known), new TrustWeights(unknown)),
            (new SharedConfusions(known), new SharedConfusions(unknown)),
        })
        {
            own.Score(7, leavesOut: true, leftOut);
            other.Score(7, leavesOut: false, never);

            Assert.All(leftOut.Zip(never), pair => Assert.Equal(pair.First, pair.Second, own is EqualWeights ? 1e-12 : 0.25));
        }
    }

    [Fact]
    public void Without_truth_the_votes_themselves_teach_trust_and_nothing_is_corrected()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 6, items: 500, classes: 3, trust: [0.9, 0.85, 0.7, 0.6, 0.4]);

        var vote = TrustedVote.Of(crowd.Votes, new int[500].Select(_ => -1).ToArray());

        Assert.Equal(("dawid-skene", null, null), (vote.Weights, vote.Temperature, vote.BelievedCorrected));
        Assert.Equal(crowd.Accuracy(0, item => vote.Items[item].Label), vote.Believed, 0.04);
        Assert.All([0.9, 0.85, 0.7, 0.6, 0.4], (trust, worker) => Assert.Equal(trust, vote.Trust[worker].Mean, 0.07));
    }

    [Fact]
    public void An_item_without_votes_is_decided_by_its_coin_and_believed_of_nothing()
    {
        var votes = new VoteTable([[new(0, 1)], [], [new(0, 0)]], workers: 1, classes: 2, coins: [0, 1, 0]);

        var vote = TrustedVote.Of(votes, [1, 0, -1]);

        Assert.Equal((1, 0.5), (vote.Items[1].Label, vote.Items[1].Posterior));
        Assert.Equal(vote.Items[2].Posterior, vote.Believed);
    }
}
