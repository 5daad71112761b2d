using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class OneCoinDawidSkeneSpecs
{
    [Fact]
    public void Finds_the_accuracies_and_labels_of_independent_workers()
    {
        double[] trust = [0.95, 0.8, 0.8, 0.6, 0.4];
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 71, items: 2000, classes: 4, trust);

        var fitted = OneCoinDawidSkene.Fit(crowd.Votes);

        Assert.All(trust, (accuracy, worker) => Assert.Equal(accuracy, fitted.Trust[worker].Mean, 0.04));
        Assert.InRange(
            crowd.Accuracy(0, item => VoteWeights.Decide(fitted.Posterior(item), 0)),
            crowd.Accuracy(0, crowd.Votes.Majority) + 0.02,
            1);
        Assert.InRange(fitted.Rounds, 2, 199);
    }

    [Fact]
    public void Every_posterior_sums_to_one()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 72, items: 50, classes: 3, [0.7, 0.6]);

        var fitted = OneCoinDawidSkene.Fit(crowd.Votes);

        Assert.All(Enumerable.Range(0, 50), item => Assert.Equal(1, fitted.Posterior(item).ToArray().Sum(), 1e-9));
    }

    [Fact]
    public void Workers_do_not_depend_on_their_order()
    {
        DrawnCrowd crowd = DrawnCrowd.Of(seed: 73, items: 100, classes: 2, [0.9, 0.6, 0.7]);
        var turned = new VoteTable(
            [.. Enumerable.Range(0, 100).Select(item => crowd.Votes.Of(item).ToArray().Select(vote => new WorkerVote(2 - vote.Worker, vote.Label)).Reverse().ToArray())],
            3, 2, [.. Enumerable.Range(0, 100).Select(crowd.Votes.Coin)]);

        Assert.Equal(OneCoinDawidSkene.Fit(crowd.Votes).Trust[0].Mean, OneCoinDawidSkene.Fit(turned).Trust[2].Mean, 1e-9);
    }
}
