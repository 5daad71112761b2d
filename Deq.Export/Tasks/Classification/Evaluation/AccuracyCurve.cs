using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Evaluation;

/// <summary>Accuracy against evaluations: every method at rising budgets, at the bundle's default tolerance; the bundle's own solver with its options.</summary>
internal static class AccuracyCurve
{
    /// <summary>Budgets 1, 2, 3, 4, 6, 8, 12, 16, … up to the bundle's default.</summary>
    public static IReadOnlyList<int> Budgets(SolveDefaults defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        var budgets = new SortedSet<int> { 1, 2, 3, defaults.MaxEvaluations, Math.Max(1, defaults.MaxEvaluations / 2) };
        for (int power = 4; power <= defaults.MaxEvaluations; power *= 2)
        {
            budgets.Add(power);
            budgets.Add(power + (power / 2));
        }

        return [.. budgets.Where(budget => budget <= defaults.MaxEvaluations)];
    }

    /// <summary>Measures the curve.</summary>
    /// <param name="evaluation">Bundle and images.</param>
    /// <param name="defaults">Solver, its options, tolerance and largest budget.</param>
    /// <param name="measured">Called after each point.</param>
    public static IReadOnlyList<EvaluationReport> Measure(BundleEvaluation evaluation, SolveDefaults defaults, Action<EvaluationReport> measured)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        ArgumentNullException.ThrowIfNull(defaults);
        ArgumentNullException.ThrowIfNull(measured);
        var reports = new List<EvaluationReport>();
        foreach (IFixedPointMethod method in FixedPointMethods.Names.Select(defaults.Method))
        {
            foreach (int budget in Budgets(defaults))
            {
                reports.Add(evaluation.Run(method, defaults.Tolerance, budget));
                measured(reports[^1]);
            }
        }

        return reports;
    }
}
