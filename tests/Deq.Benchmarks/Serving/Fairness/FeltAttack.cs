namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>What another client felt of an attack, over several rounds.</summary>
internal sealed class FeltAttack(string name)
{
    private readonly List<SmallAnswer> _answers = [];
    private readonly List<SmallAnswer> _live = [];
    private double _heldBytes;

    /// <summary>All rounds together.</summary>
    public FairnessRow Row
    {
        get
        {
            double[] times = [.. _answers.Select(answer => answer.Milliseconds)];
            double[] live = [.. _live.Select(answer => answer.Milliseconds)];
            return new FairnessRow
            {
                Attack = name,
                Asked = times.Length,
                Refused = times.Count(double.IsInfinity),
                Failures = [.. _answers.Concat(_live).Select(answer => answer.Failure).OfType<string>().Distinct()],
                P50Ms = Quantiles.Of(times, 0.5),
                P99Ms = Quantiles.Of(times, 0.99),
                LiveP50Ms = Quantiles.Of(live, 0.5),
                LiveP99Ms = Quantiles.Of(live, 0.99),
                HeldBytesAfter = _heldBytes,
            };
        }
    }

    /// <summary>Adds a round.</summary>
    public void Note(SmallAnswer[] answers, SmallAnswer[] live, double heldBytesAfter)
    {
        _answers.AddRange(answers);
        _live.AddRange(live);
        _heldBytes = Math.Max(_heldBytes, heldBytesAfter);
    }
}
