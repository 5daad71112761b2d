using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Measures what warm starts are worth on clips: every pair from cold and from the carried state of the one before.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="rules">How states are carried.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class ClipEvaluation(ModelBundle bundle, IReadOnlyList<CarryRule> rules, int threads) : IDisposable
{
    private const double Unreachable = 1e-30;

    private readonly SolveDefaults _defaults = bundle.Manifest.Defaults;
    private readonly FlowSolver _solver = new(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), threads);
    private readonly ServedStarts _served = new(bundle, threads);

    /// <summary>The fixed small budgets.</summary>
    public static IReadOnlyList<int> SmallBudgets { get; } = [2, 3, 4];

    /// <summary>Measures one clip by every rule.</summary>
    /// <remarks>A pair of two sizes has no flow: it is left out, and the next one starts cold.</remarks>
    public IReadOnlyList<ClipPairReport> Measure(FlowClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        List<ClipPairReport> reports = [];
        var streams = rules.ToDictionary(rule => rule, _ => new Stream());
        for (int pair = 0; pair < clip.Pairs; pair++)
        {
            (DecodedImage first, DecodedImage second) = (clip.Frames[pair], clip.Frames[pair + 1]);
            if ((first.Width, first.Height) != (second.Width, second.Height))
            {
                streams = rules.ToDictionary(rule => rule, _ => new Stream());
                continue;
            }

            _solver.Encode(first, second);
            ColdPair cold = SolveCold(new Judge(_solver, clip.Truth[pair], _defaults));
            foreach (CarryRule rule in rules)
            {
                (ClipPairReport report, streams[rule]) = Follow(rule, streams[rule], clip, pair, cold);
                reports.Add(report);
            }
        }

        return reports;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _served.Dispose();
    }

    /// <summary>Solves the pair that was encoded from a cold start: to the tolerance, and at each small budget.</summary>
    private ColdPair SolveCold(Judge judge)
    {
        FlowSolve cold = _solver.Solve(ToTolerance, []);
        FlowSolve[] budgets = [.. SmallBudgets.Select(budget => _solver.Solve(Spending(budget), []))];
        return new ColdPair(judge, cold, judge.Answer(cold), budgets, [.. budgets.Select(judge.Answer)]);
    }

    /// <summary>Solves the pair that was encoded from where a rule starts it.</summary>
    private (ClipPairReport Report, Stream Next) Follow(CarryRule rule, Stream stream, FlowClip clip, int pair, ColdPair cold)
    {
        ServedSolve warm = stream.ToTolerance is { } past ? Warm(past, ToTolerance) : Anew(cold.Solve);
        ServedSolve[] budgets =
        [
            .. SmallBudgets.Select((budget, i) => stream.ToTolerance is null ? Anew(cold.Budgets[i]) : Warm(stream.Budgets[i], Spending(budget))),
        ];
        var report = new ClipPairReport
        {
            Clip = clip.Name,
            Pair = pair,
            Rule = rule.Name,
            IsCounted = pair >= clip.FirstCounted,
            Cold = cold.Answer,
            Warm = cold.Judge.Answer(warm.Solve),
            Budgets = [.. SmallBudgets.Select((budget, i) => new ClipBudgetReport(budget, cold.BudgetAnswers[i], cold.Judge.Answer(budgets[i].Solve)))],
        };
        return (report, new Stream(warm.Next, [.. budgets.Select(solve => solve.Next)]));

        ServedSolve Warm(PastStates past, RowGrant grant) => rule.Carry is { } carry
            ? Anew(_solver.Solve(grant, carry(past.Last, _solver.Layout)))
            : _served.Solve(clip, pair, past, _solver.Layout, grant);

        static ServedSolve Anew(FlowSolve solve) => new(solve, new PastStates(solve.State, null));
    }

    private RowGrant ToTolerance => RowGrant.Of(_defaults.Tolerance, _defaults.MaxEvaluations);

    private static RowGrant Spending(int budget) => RowGrant.Of(Unreachable, budget);

    /// <summary>The states in which the pairs before ended: to the tolerance, and at each small budget.</summary>
    private sealed record Stream(PastStates? ToTolerance, IReadOnlyList<PastStates> Budgets)
    {
        public Stream()
            : this(null, [])
        {
        }
    }

    /// <summary>How the pair ended from a cold start.</summary>
    private sealed record ColdPair(Judge Judge, FlowSolve Solve, ClipAnswer Answer, FlowSolve[] Budgets, ClipAnswer[] BudgetAnswers);

    /// <summary>Compares answers to one pair with its truth and with where the cold solve settles.</summary>
    private sealed class Judge
    {
        private readonly FlowSolver _solver;
        private readonly FlowField? _truth;
        private readonly FlowField _settled;

        public Judge(FlowSolver solver, FlowField? truth, SolveDefaults defaults)
        {
            (_solver, _truth) = (solver, truth);
            _settled = solver.Decode(solver.Solve(RowGrant.Of(Unreachable, StartAgreement.Settling(defaults)), []).State);
        }

        public ClipAnswer Answer(FlowSolve solve)
        {
            FlowField flow = _solver.Decode(solve.State);
            return new ClipAnswer(
                solve.Solution.Evaluations,
                solve.Solution.Residual,
                solve.Solution.Converged,
                _truth is null ? null : FlowErrors.Measure(_truth, flow).EndpointError,
                FlowErrors.Measure(_settled, flow).EndpointError);
        }
    }
}
