using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>What a request gets: what it asked for, its profile or the model's defaults for the rest, and never more than the limits.</summary>
internal sealed record SolveGrant
{
    public required IFixedPointMethod Solver { get; init; }

    public required double Tolerance { get; init; }

    public required int MaxEvaluations { get; init; }

    public required int DeadlineMs { get; init; }

    public required int? UntilStable { get; init; }

    public required Priority Priority { get; init; }

    public required string? Profile { get; init; }

    public required int Top { get; init; }

    public required IReadOnlyList<ClampedParameter> Clamped { get; init; }

    public static SolveGrant Of(SolveRequest asked, ModelManifest manifest, RequestLimits limits)
    {
        SolveDefaults model = manifest.Defaults;
        BudgetProfile? profile = asked.Profile;
        var clamped = new List<ClampedParameter>();
        return new SolveGrant
        {
            Solver = asked.Solver ?? FixedPointMethods.Named(profile?.Solver ?? model.Solver),
            Tolerance = AtLeast(SolveParameter.Tolerance, asked.Tolerance ?? profile?.Tolerance ?? model.Tolerance, model.ToleranceLimit),
            MaxEvaluations = AtMost(
                SolveParameter.MaxEvaluations, asked.MaxEvaluations ?? profile?.MaxEvaluations ?? model.MaxEvaluations, model.EvaluationsLimit),
            DeadlineMs = AtMost(SolveParameter.DeadlineMs, asked.DeadlineMs ?? profile?.DeadlineMs ?? limits.DeadlineMs, limits.DeadlineMs),
            UntilStable = asked.UntilStable ?? profile?.UntilStable,
            Priority = asked.Priority ?? Priority.Normal,
            Profile = profile?.Name,
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

    public SolveReport Report<TResult>(InferenceAnswer<TResult> answer)
    {
        RowSolution solution = answer.Solution;
        double spentMs = Math.Round(answer.Elapsed.TotalMilliseconds, 3);
        return new SolveReport(
            solution.Converged,
            solution.Stop.Name(),
            solution.Evaluations,
            double.IsFinite(solution.Residual) ? solution.Residual : null,
            Tolerance,
            Solver.Name,
            Profile,
            SolveRequest.NameOf(Priority),
            new BudgetReport(MaxEvaluations, DeadlineMs, Tolerance, UntilStable),
            Clamped,
            new SpentReport(solution.Evaluations, spentMs),
            spentMs,
            Math.Round(answer.Queued.TotalMilliseconds, 3),
            new BatchReport(answer.Batch.Smallest, answer.Batch.Largest, Math.Round(answer.Batch.Mean, 3)),
            answer.IsWarm)
        {
            Parts = solution.Parts is { } parts && double.IsFinite(solution.Residual)
                ? new ResidualPartsReport(parts.FlowPixels, parts.HiddenChange)
                : null,
        };
    }
}
