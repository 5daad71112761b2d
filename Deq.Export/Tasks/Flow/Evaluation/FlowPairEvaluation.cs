using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Measures a model on pairs with true flow: one solve of four times the default budget, looked at on the way.</summary>
/// <remarks>
/// A method knows neither tolerance nor budget, so what a solve with a smaller budget or an earlier stop answers is what this one has found by then.
/// </remarks>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="defaults">Solver, tolerance and budget that are measured.</param>
/// <param name="baselines">Measured beside it.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class FlowPairEvaluation(ModelBundle bundle, SolveDefaults defaults, IReadOnlyList<IFlowEstimator> baselines, int threads) : IDisposable
{
    // Below any residual that single precision can reach, so that nothing stops early but an exact fixed point.
    private const double Unreachable = 1e-30;

    private readonly FlowSolver _solver = new(bundle, defaults.Method(defaults.Solver), threads);
    private readonly int[] _budgets =
        [Math.Max(1, defaults.MaxEvaluations / 2), defaults.MaxEvaluations, 2 * defaults.MaxEvaluations, 4 * defaults.MaxEvaluations];

    /// <summary>Measures one pair.</summary>
    /// <param name="dataset">The name of its data set.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="drawn">Receives name and field of every estimate, the default budget's as <c>estimate</c>; null draws nothing.</param>
    public FlowPairReport Measure(string dataset, FlowPair pair, Action<string, FlowField>? drawn = null)
    {
        ArgumentNullException.ThrowIfNull(pair);
        _solver.Encode(pair.First, pair.Second);
        var answers = new List<(double Residual, FlowField? Flow)>();
        int? converged = null;
        FlowSolve whole = _solver.Solve(RowGrant.Of(Unreachable, _budgets[^1]), [], (evaluations, residual, state) =>
        {
            bool isFirst = converged is null && residual <= defaults.Tolerance;
            converged = isFirst ? evaluations : converged;
            bool isWanted = isFirst || evaluations <= defaults.MaxEvaluations || _budgets.Contains(evaluations);
            answers.Add((residual, isWanted ? _solver.Decode(state) : null));
        });

        // An exact fixed point ends the solve before its budget.
        answers[^1] = (whole.Solution.Residual, _solver.Decode(whole.State));
        AnswerFinal(answers, converged);
        FlowBudgetResult[] budgets = [.. _budgets.Select(budget => At(budget, Math.Min(budget, converged ?? budget)))];
        drawn?.Invoke("estimate", answers[budgets[1].Evaluations - 1].Flow!);
        (int bestEvaluations, double bestError) = Enumerable.Range(1, budgets[1].Evaluations)
            .Select(evaluations => (evaluations, At(0, evaluations).Errors.All.EndpointError))
            .MinBy(answer => answer.EndpointError);
        return new FlowPairReport
        {
            Dataset = dataset,
            Pair = pair.Name,
            Width = pair.First.Width,
            Height = pair.First.Height,
            Baselines = [.. baselines.Select(baseline => Baseline(baseline, pair, drawn))],
            Budgets = budgets,
            RunOn = At(_budgets[^1], _budgets[^1]),
            BestEvaluations = bestEvaluations,
            BestError = bestError,
        };

        FlowBudgetResult At(int budget, int evaluations)
        {
            int made = Math.Min(evaluations, answers.Count);
            (double residual, FlowField? flow) = answers[made - 1];
            return new FlowBudgetResult(
                budget, made, residual, converged <= made, FlowResult.Of(pair, $"at most {budget} evaluations", flow!));
        }
    }

    /// <summary>Where the model answers with the last iterate, replaces the best ones: solves again with each budget that is looked at.</summary>
    private void AnswerFinal(List<(double Residual, FlowField? Flow)> answers, int? converged)
    {
        for (int evaluations = 1; defaults.AnswersFinal && evaluations <= answers.Count; evaluations++)
        {
            if (answers[evaluations - 1].Flow is not null && evaluations != converged)
            {
                FlowSolve ended = _solver.Solve(RowGrant.Of(Unreachable, evaluations) with { AnswersFinal = true }, []);
                answers[evaluations - 1] = (ended.Solution.Residual, _solver.Decode(ended.State));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _solver.Dispose();

    private static FlowResult Baseline(IFlowEstimator baseline, FlowPair pair, Action<string, FlowField>? drawn)
    {
        FlowField estimate = baseline.Estimate(pair.First, pair.Second);
        drawn?.Invoke(baseline.Name, estimate);
        return FlowResult.Of(pair, baseline.Name, estimate);
    }
}
