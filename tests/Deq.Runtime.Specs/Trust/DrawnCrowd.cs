using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

/// <summary>A crowd whose workers' trustworthiness is known, drawn from a seed. Every worker votes on every item.</summary>
internal sealed class DrawnCrowd
{
    private readonly int[] _truth;

    private DrawnCrowd(int[] truth, VoteTable votes) => (_truth, Votes) = (truth, votes);

    public VoteTable Votes { get; }

    /// <param name="seed">Of the draws.</param>
    /// <param name="items">How many.</param>
    /// <param name="classes">K.</param>
    /// <param name="trust">Of each worker.</param>
    /// <param name="hardShare">The share of items on which everybody guesses.</param>
    /// <param name="takesForNext">The share of the errors that take a label for the next one; the others fall evenly.</param>
    public static DrawnCrowd Of(int seed, int items, int classes, double[] trust, double hardShare = 0, double takesForNext = 0)
    {
        var random = new Random(seed);
        int[] truth = [.. Enumerable.Range(0, items).Select(_ => random.Next(classes))];
        WorkerVote[][] votes = [.. truth.Select(label =>
        {
            bool isHard = random.NextDouble() < hardShare;
            return trust.Select((tau, worker) => new WorkerVote(worker, Vote(random, label, isHard ? 1.0 / classes : tau, classes, takesForNext))).ToArray();
        })];
        return new(truth, new VoteTable(votes, trust.Length, classes, [.. Enumerable.Range(0, items).Select(_ => (ulong)random.NextInt64())]));
    }

    /// <summary>The truth of the first items, −1 for the others.</summary>
    public int[] Gold(int count) => [.. _truth.Select((label, item) => item < count ? label : -1)];

    /// <summary>The accuracy of labels from an item on.</summary>
    public double Accuracy(int first, Func<int, int> label) =>
        Enumerable.Range(first, _truth.Length - first).Average(item => label(item) == _truth[item] ? 1.0 : 0);

    private static int Vote(Random random, int truth, double trust, int classes, double takesForNext) =>
        random.NextDouble() < trust ? truth
        : random.NextDouble() < takesForNext ? (truth + 1) % classes
        : (truth + 1 + random.Next(classes - 1)) % classes;
}
