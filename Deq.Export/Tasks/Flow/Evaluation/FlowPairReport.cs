using System.Text.Json.Serialization;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>What a model answers on one pair, at several budgets, beside the baselines.</summary>
internal sealed record FlowPairReport
{
    /// <summary>The folder that the pair is from.</summary>
    public required string Dataset { get; init; }

    /// <summary>The pair's name within it.</summary>
    public required string Pair { get; init; }

    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Zero flow first, then the classical methods.</summary>
    public required IReadOnlyList<FlowResult> Baselines { get; init; }

    /// <summary>Solved to the tolerance within half of the default budget, the default budget, twice and four times that.</summary>
    public required IReadOnlyList<FlowBudgetResult> Budgets { get; init; }

    /// <summary>Evaluated on to four times the default budget, whatever the residual: what an estimate that drifts is found out by.</summary>
    public required FlowBudgetResult RunOn { get; init; }

    /// <summary>After how many evaluations within the default budget the answer was nearest to the truth.</summary>
    public required int BestEvaluations { get; init; }

    /// <summary>The endpoint error there, pixels.</summary>
    public required double BestError { get; init; }

    /// <summary>At the default budget.</summary>
    [JsonIgnore]
    public FlowBudgetResult Default => Budgets[1];

    /// <summary>How much worse the answer at the default budget is than the best one on the way, as a share of that; 0 where it is the best.</summary>
    public double LossToBest => (Default.Errors.All.EndpointError / BestError) - 1;

    /// <summary>How much worse the answer is at four times the default budget, as a share of the error at the default; negative where it is better.</summary>
    public double Drift => (RunOn.Errors.All.EndpointError / Default.Errors.All.EndpointError) - 1;
}

/// <summary>The answer within one budget.</summary>
/// <param name="Budget">The most evaluations.</param>
/// <param name="Evaluations">Those made.</param>
/// <param name="Residual">At the answer, pixels.</param>
/// <param name="Converged">Whether the tolerance was met.</param>
/// <param name="Errors">Of the decoded answer.</param>
internal sealed record FlowBudgetResult(int Budget, int Evaluations, double Residual, bool Converged, FlowResult Errors);
