using System.Diagnostics;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>How good a reasoner is: every test by the default effort, every effort on the tests that tell them apart, and starts.</summary>
internal sealed record ReasoningQuality
{
    private const int StartPuzzles = 64;
    private const int EffortPuzzles = 64;

    /// <summary>By the default effort, a line per test.</summary>
    public required IReadOnlyList<ReasoningReport> Tests { get; init; }

    /// <summary>A line per test and level of effort, on the first puzzles of some tests.</summary>
    public required IReadOnlyList<ReasoningReport> Efforts { get; init; }

    /// <summary>What depends on the start.</summary>
    public required IReadOnlyList<StartReport> Starts { get; init; }

    /// <summary>How well the residual tells right answers from wrong ones, over all tests by all levels of effort; NaN where all are right.</summary>
    public required double ResidualCurve { get; init; }

    /// <summary>Measures a bundle.</summary>
    /// <param name="bundle">The model.</param>
    /// <param name="kind">Its puzzles.</param>
    /// <param name="share">Of the full number of puzzles, in (0, 1].</param>
    /// <param name="seed">Decides the puzzles.</param>
    /// <param name="measured">Called after each line.</param>
    public static ReasoningQuality Measure(ModelBundle bundle, string kind, double share, int seed, Action<ReasoningReport> measured)
    {
        ReasoningContract contract = bundle.Manifest.Reasoning!;
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), rows: 16);
        EffortLevel usual = contract.Effort(EffortLevel.Default)!;
        ReasoningTest[] tests = [.. ReasoningTests.Of(kind, share, seed)];
        var answers = new List<(double, bool)>();
        ReasoningReport[] usualReports = [.. tests.Select(test => Run(test, usual))];
        ReasoningReport[] efforts =
        [
            .. from test in Telling(tests)
               let few = test with { Puzzles = [.. test.Puzzles.Take(EffortPuzzles)] }
               from level in contract.Efforts
               select Run(few, level),
        ];
        Puzzle[] alike = [.. Telling(tests).First().Puzzles.Take(StartPuzzles)];
        RowGrant grant = solver.Grant(alike[0].Question, usual);
        return new ReasoningQuality
        {
            Tests = usualReports,
            Efforts = efforts,
            Starts = StartReport.Measure(solver, alike, grant, contract.StartNoise),
            ResidualCurve = ReasoningReport.AreaUnderCurve(answers),
        };

        ReasoningReport Run(ReasoningTest test, EffortLevel level)
        {
            var watch = Stopwatch.StartNew();
            ReasoningSolve[] solves = solver.Solve([.. test.Puzzles.Select(puzzle => puzzle.Question)], level, seed);
            var report = ReasoningReport.Of(test.Name, level.Name, test.Puzzles, solves, watch.Elapsed);
            answers.AddRange(solves.Zip(test.Puzzles, (solve, puzzle) => (solve.Solution.Residual, solve.Answer.Equals(puzzle.Answer))));
            measured(report);
            return report;
        }
    }

    /// <summary>The manifest's numbers.</summary>
    public IReadOnlyDictionary<string, double> Figures()
    {
        var figures = new Dictionary<string, double>();
        foreach (ReasoningReport report in Tests)
        {
            string name = Key(report.Test);
            figures[$"exact{name}"] = Math.Round(report.Exact, 4);
            figures[$"meanEvaluations{name}"] = Math.Round(report.MeanEvaluations, 1);
        }

        int settled = (int)Math.Round(Tests.Sum(report => report.Settled * report.Count));
        double wrong = Tests.Sum(report => report.SettledButWrong * report.Settled * report.Count);
        figures["settledButWrong"] = settled == 0 ? 0 : Math.Round(wrong / settled, 4);
        figures["asymptoticAlignment"] = Math.Round(Starts[0].Alignment, 4);
        figures["startAgreement"] = Math.Round(Starts[0].EqualAnswers, 4);
        if (double.IsFinite(ResidualCurve))
        {
            figures["residualAuroc"] = Math.Round(ResidualCurve, 3);
        }

        return figures;
    }

    /// <summary>The levels of effort with what each reaches.</summary>
    public IReadOnlyList<EffortLevel> Reached(IReadOnlyList<EffortLevel> levels) =>
    [
        .. levels.Select(level => level with
        {
            Reaches = string.Join("; ", Efforts.Where(report => report.Effort == level.Name).Select(report => FormattableString.Invariant(
                $"{report.Test}: {100 * report.Exact:0.#} % exact by {report.MeanEvaluations:0.#} evaluations on average"))),
        }),
    ];

    // The hardest and the middle of what the levels differ on, without what takes longest.
    private static IEnumerable<ReasoningTest> Telling(ReasoningTest[] tests) =>
        tests.Length > 6 ? [tests[2], tests[3], tests[5]] : [tests[1], tests[2]];

    private static string Key(string test) => string.Concat(test.Split(' ', ',', '+').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..])).Replace("-", "To", StringComparison.Ordinal);
}
