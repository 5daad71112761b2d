using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Measures what warm starts are worth on clips: every pair from cold and from the carried state of the one before.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="rules">How states are carried.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
public sealed class ClipEvaluation(ModelBundle bundle, IReadOnlyList<CarryRule> rules, int threads) : IDisposable
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
            var judge = new Judge(_solver, clip.Truth[pair], _defaults);
            FlowSolve cold = _solver.Solve(ToTolerance, []);
            ClipAnswer coldAnswer = judge.Answer(cold);
            FlowSolve[] coldBudgets = [.. SmallBudgets.Select(budget => _solver.Solve(Spending(budget), []))];
            ClipAnswer[] coldBudgetAnswers = [.. coldBudgets.Select(judge.Answer)];
            foreach (CarryRule rule in rules)
            {
                Stream stream = streams[rule];
                ServedSolve warm = stream.ToTolerance is null ? Anew(cold) : Warm(rule, stream.ToTolerance!, ToTolerance, pair);
                ServedSolve[] warmBudgets =
                [
                    .. SmallBudgets.Select((budget, i) => stream.ToTolerance is null ? Anew(coldBudgets[i]) : Warm(rule, stream.Budgets[i], Spending(budget), pair)),
                ];
                reports.Add(new ClipPairReport
                {
                    Clip = clip.Name,
                    Pair = pair,
                    Rule = rule.Name,
                    IsCounted = pair >= clip.FirstCounted,
                    Cold = coldAnswer,
                    Warm = judge.Answer(warm.Solve),
                    Budgets = [.. SmallBudgets.Select((budget, i) => new ClipBudgetReport(budget, coldBudgetAnswers[i], judge.Answer(warmBudgets[i].Solve)))],
                });
                streams[rule] = new Stream(warm.Next, [.. warmBudgets.Select(solve => solve.Next)]);
            }
        }

        return reports;

        ServedSolve Warm(CarryRule rule, PastStates past, RowGrant grant, int pair) => rule.Carry is { } carry
            ? Anew(_solver.Solve(grant, carry(past.Last, _solver.Layout)))
            : _served.Solve(clip, pair, past, _solver.Layout, grant);

        static ServedSolve Anew(FlowSolve solve) => new(solve, new PastStates(solve.State, null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _served.Dispose();
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

    /// <summary>Holds answers to one pair against its truth and against where the cold solve settles.</summary>
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
