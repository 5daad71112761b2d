namespace Deq.Runtime.Trust;

/// <summary>One vote that asks its sources one after another, and stops when the posterior of a label reaches the accuracy asked for.</summary>
/// <remarks>Stopping at a posterior of at least a keeps the expected accuracy at a or above, if trust is right and votes are independent given the label.</remarks>
public sealed class SequentialVote
{
    private readonly double[] _weights;
    private readonly int[] _order;
    private readonly bool[] _answered;
    private readonly double[] _scores;
    private readonly double _accuracy;
    private readonly double _temperature;
    private int _labels;

    /// <summary>A vote that nothing has been asked of yet.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="costs">What each source costs, at least 0: the most weight per cost is asked first.</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="accuracy">The posterior to stop at, in (0, 1]; 1 asks every source.</param>
    /// <param name="temperature">T that corrects the vote of all sources for shared errors, positive; of fewer see <see cref="DependenceTemperature.Of"/>. Default 1.</param>
    public SequentialVote(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double accuracy, double temperature = 1)
    {
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        _order = Order(trust, costs, classes);
        _weights = [.. trust.Select(source => VoteWeights.Of(source, classes))];
        _answered = new bool[trust.Count];
        _scores = new double[classes];
        (_accuracy, _temperature) = (accuracy, temperature);
    }

    /// <summary>The highest posterior that sources asked in order can reach.</summary>
    /// <remarks>
    /// Sources that are right more often than by chance vote for one label; each of the others, whose weights are negative, for the label of the largest score among the rest. The maximum is
    /// taken over every number of votes: one vote alone is not corrected for shared errors, so that a strong source may reach more alone than with others.
    /// </remarks>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="costs">What each source costs, at least 0.</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="temperature">T of the vote of all sources, positive. Default 1.</param>
    public static double Best(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes, double temperature = 1)
    {
        var vote = new SequentialVote(trust, costs, classes, accuracy: 1, temperature);
        double best = 0;
        while (vote.Next is { } source)
        {
            vote.Add(source, vote._weights[source] >= 0 ? 0 : LargestButFirst(vote._scores));
            best = Math.Max(best, vote.Posterior);
        }

        return best;
    }

    /// <summary>The posterior of the label decided for, 1/K before any vote.</summary>
    public double Posterior => VoteWeights.Confidence(_scores, Temperature);

    /// <summary>How many sources have voted.</summary>
    public int Votes => _answered.Count(answered => answered);

    /// <summary>Whether a source has voted, and the posterior has reached the accuracy asked for: one of at most 1/K takes one vote.</summary>
    public bool IsDecided => _labels > 0 && Posterior >= _accuracy;

    /// <summary>The source to ask next; null when the posterior is reached, or no source is left.</summary>
    public int? Next => IsDecided ? null : Array.FindIndex(_order, source => !_answered[source]) is int at and >= 0 ? _order[at] : null;

    /// <summary>Counts a source's vote.</summary>
    /// <param name="source">Its index.</param>
    /// <param name="label">Its label, from 0; null where it did not answer in time or at all.</param>
    /// <exception cref="InvalidOperationException">It has voted.</exception>
    public void Add(int source, int? label)
    {
        if (_answered[source])
        {
            throw new InvalidOperationException($"Source {source} has voted already.");
        }

        _answered[source] = true;
        if (label is int voted)
        {
            _scores[voted] += _weights[source];
            _labels++;
        }
    }

    /// <summary>The label decided for.</summary>
    /// <param name="coin">Decides a tie.</param>
    public int Label(ulong coin) => VoteWeights.Decide(_scores, coin);

    /// <summary>The posterior of every label.</summary>
    public double[] Posteriors()
    {
        double[] posterior = new double[_scores.Length];
        VoteWeights.Posterior(_scores, Temperature, posterior);
        return posterior;
    }

    /// <summary>T of the votes so far.</summary>
    private double Temperature => DependenceTemperature.Of(_temperature, _labels, _answered.Length);

    /// <summary>The label of the largest score but for the first label.</summary>
    private static int LargestButFirst(double[] scores) => Enumerable.Range(1, scores.Length - 1).MaxBy(label => scores[label]);

    /// <summary>The sources by size of weight per cost, largest first.</summary>
    internal static int[] Order(IReadOnlyList<double> trust, IReadOnlyList<double> costs, int classes) =>
    [
        .. Enumerable.Range(0, trust.Count)
            .OrderByDescending(i => costs[i] > 0 ? Math.Abs(VoteWeights.Of(trust[i], classes)) / costs[i] : double.PositiveInfinity),
    ];
}
