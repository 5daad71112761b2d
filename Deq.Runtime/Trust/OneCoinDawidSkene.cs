namespace Deq.Runtime.Trust;

/// <summary>Labels and the workers' accuracies from votes alone, by expectation and maximisation; one accuracy for each worker.</summary>
/// <remarks>
/// Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Appl. Statist. 28(1), 1979, with one
/// number for each worker instead of a matrix. It takes errors as independent; the majority's side is taken to be right.
/// </remarks>
public sealed class OneCoinDawidSkene
{
    private const int MostRounds = 200;
    private const double Settled = 1e-7;

    /// <summary>What is assumed of a worker, in votes: rather right than wrong.</summary>
    private static readonly BetaTrust s_prior = new(2, 1);

    private readonly double[][] _posteriors;

    private OneCoinDawidSkene(double[][] posteriors, BetaTrust[] trust, int rounds) => (_posteriors, Trust, Rounds) = (posteriors, trust, rounds);

    /// <summary>Trust in each worker, from the posteriors in place of the truth.</summary>
    public IReadOnlyList<BetaTrust> Trust { get; }

    /// <summary>Rounds until no posterior changed by 1e-7, at most 200.</summary>
    public int Rounds { get; }

    /// <summary>The posterior of every label of an item.</summary>
    /// <param name="item">From 0.</param>
    public ReadOnlySpan<double> Posterior(int item) => _posteriors[item];

    /// <summary>Fits, from the shares of votes on.</summary>
    /// <param name="votes">The votes.</param>
    public static OneCoinDawidSkene Fit(VoteTable votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        double[][] posteriors = [.. Enumerable.Range(0, votes.Items).Select(item => Shares(votes, item))];
        double[] scores = new double[votes.Classes];
        int rounds = 0;
        double change = 1;
        while (change > Settled && rounds++ < MostRounds)
        {
            double[] weights = [.. TrustIn(votes, posteriors).Select(trust => VoteWeights.Of(trust.Mean, votes.Classes))];
            double[] priors = LabelPriors(posteriors, votes.Classes);
            change = 0;
            for (int item = 0; item < votes.Items; item++)
            {
                priors.CopyTo(scores, 0);
                foreach (WorkerVote vote in votes.Of(item))
                {
                    scores[vote.Label] += weights[vote.Worker];
                }

                VoteWeights.Posterior(scores, 1, scores);
                for (int k = 0; k < scores.Length; k++)
                {
                    change = Math.Max(change, Math.Abs(scores[k] - posteriors[item][k]));
                    posteriors[item][k] = scores[k];
                }
            }
        }

        return new(posteriors, TrustIn(votes, posteriors), Math.Min(rounds, MostRounds));
    }

    private static BetaTrust[] TrustIn(VoteTable votes, double[][] posteriors)
    {
        double[] right = new double[votes.Workers];
        double[] wrong = new double[votes.Workers];
        for (int item = 0; item < votes.Items; item++)
        {
            foreach (WorkerVote vote in votes.Of(item))
            {
                right[vote.Worker] += posteriors[item][vote.Label];
                wrong[vote.Worker] += 1 - posteriors[item][vote.Label];
            }
        }

        return [.. right.Zip(wrong, (r, w) => s_prior.Observe(r, Math.Max(0, w)))];
    }

    private static double[] LabelPriors(double[][] posteriors, int classes) =>
        [.. Enumerable.Range(0, classes).Select(k => Math.Log((posteriors.Sum(posterior => posterior[k]) + 1) / (posteriors.Length + classes)))];

    private static double[] Shares(VoteTable votes, int item)
    {
        double[] shares = new double[votes.Classes];
        foreach (WorkerVote vote in votes.Of(item))
        {
            shares[vote.Label] += 1.0 / votes.Of(item).Length;
        }

        return shares;
    }
}
