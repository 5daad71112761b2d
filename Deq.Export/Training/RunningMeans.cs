namespace Deq.Export.Training;

/// <summary>Something that a step measured.</summary>
/// <param name="Name">As the log's columns ask for it.</param>
/// <param name="Value">Any number.</param>
/// <param name="Weight">How much it counts in a mean: rows, or 1 for a step.</param>
internal readonly record struct Measured(string Name, double Value, double Weight);

/// <summary>Σ value·weight and Σ weight.</summary>
/// <param name="Sum">Σ value·weight.</param>
/// <param name="Weight">Σ weight.</param>
internal readonly record struct WeightedSum(double Sum, double Weight);

/// <summary>Weighted means over the steps since the last report, by name. Part of a checkpoint, so that a resumed run reports whole.</summary>
internal sealed record RunningMeans
{
    /// <summary>What the means are made of.</summary>
    public IReadOnlyDictionary<string, WeightedSum> Sums { get; init; } = new Dictionary<string, WeightedSum>();

    /// <summary>The mean so far; NaN where nothing of the name was measured.</summary>
    public double this[string name] => Sums.TryGetValue(name, out WeightedSum sum) && sum.Weight > 0 ? sum.Sum / sum.Weight : double.NaN;

    /// <summary>The same with a step more.</summary>
    public RunningMeans With(IEnumerable<Measured> measured)
    {
        var sums = new Dictionary<string, WeightedSum>(Sums);
        foreach ((string name, double value, double weight) in measured)
        {
            WeightedSum before = sums.GetValueOrDefault(name);
            sums[name] = new WeightedSum(before.Sum + (value * weight), before.Weight + weight);
        }

        return new RunningMeans { Sums = sums };
    }
}
