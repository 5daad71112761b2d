using Deq.Api.Models;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;

namespace Deq.Api.Classification;

/// <summary>What a request gets: what it asked for, the model's defaults for the rest, and never more than the limits.</summary>
internal sealed record SolveGrant
{
    public required IFixedPointMethod Solver { get; init; }

    public required double Tolerance { get; init; }

    public required int MaxEvaluations { get; init; }

    public required int DeadlineMs { get; init; }

    public required int Top { get; init; }

    public required IReadOnlyList<ClampedParameter> Clamped { get; init; }

    public static SolveGrant Of(SolveRequest asked, ModelManifest manifest, RequestLimits limits)
    {
        SolveDefaults model = manifest.Defaults;
        var clamped = new List<ClampedParameter>();
        return new SolveGrant
        {
            Solver = asked.Solver ?? FixedPointMethods.Named(model.Solver),
            Tolerance = AtLeast(SolveParameter.Tolerance, asked.Tolerance ?? model.Tolerance, model.ToleranceLimit),
            MaxEvaluations = AtMost(SolveParameter.MaxEvaluations, asked.MaxEvaluations ?? model.MaxEvaluations, model.EvaluationsLimit),
            DeadlineMs = AtMost(SolveParameter.DeadlineMs, asked.DeadlineMs ?? limits.DeadlineMs, limits.DeadlineMs),
            Top = AtMost(SolveParameter.Top, asked.Top ?? ModelDescription.DefaultTop(manifest), manifest.Labels.Count),
            Clamped = clamped,
        };

        int AtMost(SolveParameter parameter, int value, int limit)
        {
            if (value > limit)
            {
                clamped.Add(new ClampedParameter(parameter.Name, value, limit));
            }

            return Math.Min(value, limit);
        }

        double AtLeast(SolveParameter parameter, double value, double limit)
        {
            if (value < limit)
            {
                clamped.Add(new ClampedParameter(parameter.Name, value, limit));
            }

            return Math.Max(value, limit);
        }
    }

    public SolveReport Report<TResult>(Runtime.Scheduling.InferenceAnswer<TResult> answer)
    {
        RowSolution solution = answer.Solution;
        return new SolveReport(
            solution.Converged,
            NameOf(solution.Stop),
            solution.Evaluations,
            double.IsFinite(solution.Residual) ? solution.Residual : null,
            Tolerance,
            Solver.Name,
            new BudgetReport(MaxEvaluations, DeadlineMs),
            Clamped,
            Math.Round(answer.Elapsed.TotalMilliseconds, 3),
            Math.Round(answer.Queued.TotalMilliseconds, 3),
            Warm: false);
    }

    private static string NameOf(StopReason stop) => stop switch
    {
        StopReason.Tolerance => "tolerance",
        StopReason.Evaluations => "evaluations",
        StopReason.Deadline => "deadline",
        StopReason.Cancelled => "cancelled",
        StopReason.Stable => "stable",
        _ => "diverged",
    };
}
