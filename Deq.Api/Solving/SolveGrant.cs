using Deq.Api.Access;
using Deq.Api.Requests;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>What a request gets: what it asked for, its profile or the model's defaults for the rest, and never more than the limits.</summary>
internal sealed record SolveGrant
{
    /// <summary>The name of the fixed-point method.</summary>
    public required string Solver { get; init; }

    public required double Tolerance { get; init; }

    public required int MaxEvaluations { get; init; }

    public required int DeadlineMs { get; init; }

    public required int? UntilStable { get; init; }

    public required Priority Priority { get; init; }

    /// <summary>Whose share of the engine the solve takes; see <see cref="ClientLimit.ClientOf(HttpContext)"/>.</summary>
    public string Client { get; init; } = "";

    /// <summary>The client's share beside one of weight 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>What the client has taken lately; null where none of its rates is limited.</summary>
    public ClientQuota? Quota { get; init; }

    /// <summary>Under which name the engine counts what the solve takes; null: under none.</summary>
    public string? Account => Caller.IsShown(Client) ? Client : null;

    public required string? Profile { get; init; }

    public required int Top { get; init; }

    public required IReadOnlyList<ClampedParameter> Clamped { get; init; }

    /// <summary>What was asked.</summary>
    public required SolveRequest Asked { get; init; }

    /// <summary>The model's defaults, whose options the method has.</summary>
    public required SolveDefaults Model { get; init; }

    /// <summary>The method that <see cref="Solver"/> names.</summary>
    public IFixedPointMethod Method => Model.Method(Solver);

    /// <summary>What was granted, as answers say it.</summary>
    public BudgetReport Budget => new(MaxEvaluations, DeadlineMs, Tolerance, UntilStable);

    /// <summary>How many predictions a request gets that asks for no number.</summary>
    public static int DefaultTop(ModelManifest manifest) => Math.Min(5, manifest.Labels.Count);

    /// <summary>The grant as one of the client whose body is held.</summary>
    public SolveGrant For(HeldBodies.Share share) => this with { Client = share.Client, Weight = share.Weight, Quota = share.Quota };

    /// <summary>The grant of a client that itself waits for no longer; null where it does not say.</summary>
    public SolveGrant Within(TimeSpan? time) =>
        time is { } most ? this with { DeadlineMs = (int)Math.Clamp(Math.Floor(most.TotalMilliseconds), 1, DeadlineMs) } : this;

    /// <summary>The grant with other defaults for what neither the request nor its profile names, within the model's limits.</summary>
    public SolveGrant WithDefaults(double tolerance, int maxEvaluations) => this with
    {
        Tolerance = (Asked.Tolerance ?? Asked.Profile?.Tolerance) is null ? Math.Max(tolerance, Model.ToleranceLimit) : Tolerance,
        MaxEvaluations = (Asked.MaxEvaluations ?? Asked.Profile?.MaxEvaluations) is null ? Math.Min(maxEvaluations, Model.EvaluationsLimit) : MaxEvaluations,
    };

    /// <summary>What a request gets of a model by the manifest's defaults.</summary>
    public static SolveGrant Of(SolveRequest asked, ModelManifest manifest, RequestLimits limits) => Of(asked, manifest, manifest.Defaults, limits);

    /// <summary>What a request gets of a model.</summary>
    /// <param name="asked">What it asks for.</param>
    /// <param name="manifest">The model's.</param>
    /// <param name="model">What it gets that asks for nothing, and the most.</param>
    /// <param name="limits">The server's.</param>
    public static SolveGrant Of(SolveRequest asked, ModelManifest manifest, SolveDefaults model, RequestLimits limits)
    {
        BudgetProfile? profile = asked.Profile;
        var clamped = new List<ClampedParameter>();
        return new SolveGrant
        {
            Model = model,
            Solver = asked.Solver?.Name ?? profile?.Solver ?? model.Solver,
            Tolerance = AtLeast(SolveParameter.Tolerance, asked.Tolerance ?? profile?.Tolerance ?? model.Tolerance, model.ToleranceLimit),
            MaxEvaluations = AtMost(
                SolveParameter.MaxEvaluations, asked.MaxEvaluations ?? profile?.MaxEvaluations ?? model.MaxEvaluations, model.EvaluationsLimit),
            DeadlineMs = AtMost(SolveParameter.DeadlineMs, asked.DeadlineMs ?? profile?.DeadlineMs ?? limits.DeadlineMs, limits.DeadlineMs),
            UntilStable = asked.UntilStable ?? profile?.UntilStable,
            Priority = limits.AllowsHighPriority ? asked.Priority ?? Priority.Normal : Priority.Normal,
            Profile = profile?.Name,
            Top = AtMost(SolveParameter.Top, asked.Top ?? DefaultTop(manifest), manifest.Labels.Count),
            Clamped = clamped,
            Asked = asked,
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
        return new SolveReport
        {
            Converged = solution.Converged,
            Stop = solution.Stop.Name(),
            Evaluations = solution.Evaluations,
            Residual = double.IsFinite(solution.Residual) ? solution.Residual : null,
            Tolerance = Tolerance,
            Solver = Solver,
            Profile = Profile,
            Priority = SolveRequest.NameOf(Priority),
            Budget = Budget,
            Clamped = Clamped,
            Spent = new SpentReport(solution.Evaluations, spentMs),
            SpentMs = spentMs,
            QueueMs = Math.Round(answer.Queued.TotalMilliseconds, 3),
            Batch = new BatchReport(answer.Batch.Smallest, answer.Batch.Largest, Math.Round(answer.Batch.Mean, 3)),
            Warm = answer.IsWarm,
            Quick = answer.IsQuick ? true : null,
            Standby = answer.IsStandby ? true : null,
            Period = solution.Period,
            Restarts = solution.Restarts > 0 ? solution.Restarts : null,
            Parts = solution.Parts is { } parts && double.IsFinite(solution.Residual)
                ? new Dictionary<string, double>(StringComparer.Ordinal) { [parts.Names[0]] = parts.First, [parts.Names[1]] = parts.Second }
                : null,
        };
    }
}
