using System.Text.Json.Serialization;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Everything measured of a flow model on pairs with true flow.</summary>
public sealed record FlowReport
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The fixed-point method.</summary>
    public required string Solver { get; init; }

    /// <summary>The residual that counts as converged, pixels.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The default budget, evaluations.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<FlowPairReport> Pairs { get; init; }

    /// <summary>The names of the data sets, in the order of their pairs.</summary>
    [JsonIgnore]
    public IEnumerable<string> Datasets => Pairs.Select(pair => pair.Dataset).Distinct();

    /// <summary>The share of pairs that met the tolerance within the default budget, in [0, 1].</summary>
    public double ConvergedShare => Pairs.Average(pair => pair.Default.Converged ? 1.0 : 0);

    /// <summary>Evaluations per pair within the default budget.</summary>
    public double MeanEvaluations => Pairs.Average(pair => pair.Default.Evaluations);

    /// <summary>The mean endpoint error over pairs at the default budget, pixels.</summary>
    public double EndpointError => Pairs.Average(pair => pair.Default.Errors.All.EndpointError);

    /// <summary>The result in one sentence.</summary>
    public string Sentence => FormattableString.Invariant(
        $"{Model} on {Pairs.Count} pairs: EPE {EndpointError:0.000} at {MaxEvaluations} evaluations or fewer ({MeanEvaluations:0.0} in the mean), ")
        + FormattableString.Invariant($"{100 * ConvergedShare:0} % converged; ")
        + string.Join(", ", Pairs[0].Baselines.Select((baseline, i) => FormattableString.Invariant(
            $"{baseline.Estimator} {Pairs.Average(pair => pair.Baselines[i].All.EndpointError):0.000}"))) + ".";

    /// <summary>The numbers that a manifest keeps, by name.</summary>
    public IReadOnlyDictionary<string, double> Quality()
    {
        var quality = new Dictionary<string, double>
        {
            ["pairs"] = Pairs.Count,
            ["endpointError"] = EndpointError,
            ["endpointErrorAtHalfBudget"] = Pairs.Average(pair => pair.Budgets[0].Errors.All.EndpointError),
            ["endpointErrorRunOn"] = Pairs.Average(pair => pair.RunOn.Errors.All.EndpointError),
            ["endpointErrorOfZeroFlow"] = Pairs.Average(pair => pair.Baselines[0].All.EndpointError),
            ["meanEvaluations"] = MeanEvaluations,
            ["convergedShare"] = ConvergedShare,
        };
        return quality.ToDictionary(figure => figure.Key, figure => Math.Round(figure.Value, 4));
    }
}
