using Deq.Export.Bundling;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>What a reasoner is measured on, and how.</summary>
internal sealed record ReasoningMeasurement
{
    /// <summary>At least one, each of at least one puzzle.</summary>
    public required IReadOnlyList<ReasoningTest> Tests { get; init; }

    /// <summary>The name of the method.</summary>
    public required string Solver { get; init; }

    /// <summary>The level of every test.</summary>
    public required EffortLevel Usual { get; init; }

    /// <summary>Decides further starts.</summary>
    public required int Seed { get; init; }

    /// <summary>Measures time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Called after each line.</summary>
    public required Action<ReasoningReport> Measured { get; init; }
}

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

    /// <summary>The result in one sentence.</summary>
    public string Sentence
    {
        get
        {
            int count = Tests.Sum(report => report.Count);
            return FormattableString.Invariant($"{Math.Round(Tests.Sum(report => report.Exact * report.Count)):0} of {count} puzzles answered exactly ")
                + FormattableString.Invariant($"by {Tests.Sum(report => report.MeanEvaluations * report.Count) / count:0.#} evaluations on average.");
        }
    }

    /// <summary>Measures a bundle.</summary>
    /// <param name="bundle">The model.</param>
    /// <param name="measurement">On what, and how.</param>
    public static ReasoningQuality Measure(ModelBundle bundle, ReasoningMeasurement measurement)
    {
        ReasoningContract contract = ReasoningContract.Of(bundle.Manifest);
        var solver = new ReasoningSolver(bundle, bundle.Manifest.Defaults.Method(measurement.Solver), rows: 16);
        var answers = new List<(double, bool)>();
        ReasoningReport[] usualReports = [.. measurement.Tests.Select(test => Run(test, measurement.Usual))];
        ReasoningReport[] efforts =
        [
            .. from test in Telling(measurement.Tests)
               let few = test with { Puzzles = [.. test.Puzzles.Take(EffortPuzzles)] }
               from level in contract.Efforts
               select Run(few, level),
        ];
        IReadOnlyList<Puzzle> first = Telling(measurement.Tests).First().Puzzles;
        Puzzle[] alike = [.. first.Where(puzzle => HasShapeOf(puzzle, first[0])).Take(StartPuzzles)];
        Func<IReadOnlyList<float[]>, float[][]>? search = HasRecipe(bundle)
            ? ends => AdversarialStarts.Search(bundle, [.. alike.Select(puzzle => puzzle.Question)], ends)
            : null;
        return new ReasoningQuality
        {
            Tests = usualReports,
            Efforts = efforts,
            Starts = alike.Length < 2 ? [] : StartReport.Measure(solver, alike, solver.Grant(alike[0].Question, measurement.Usual), contract.StartNoise, search),
            ResidualCurve = ReasoningReport.AreaUnderCurve(answers),
        };

        ReasoningReport Run(ReasoningTest test, EffortLevel level)
        {
            long began = measurement.Clock.GetTimestamp();
            ReasoningSolve[] solves = solver.Solve([.. test.Puzzles.Select(puzzle => puzzle.Question)], level, measurement.Seed);
            var report = ReasoningReport.Of(test.Name, level.Name, test.Puzzles, solves, measurement.Clock.GetElapsedTime(began));
            answers.AddRange(solves.Zip(test.Puzzles, (solve, puzzle) => (solve.Solution.Residual, solve.Answer.Equals(puzzle.Answer))));
            measurement.Measured(report);
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
        if (Starts is [StartReport start, ..])
        {
            figures["asymptoticAlignment"] = Math.Round(start.Alignment, 4);
            figures["startAgreement"] = Math.Round(start.EqualAnswers, 4);
        }

        if (Starts.FirstOrDefault(start => start.Start == StartReport.Adversarial) is { } adversarial)
        {
            figures["adversarialAlignment"] = Math.Round(adversarial.Alignment, 4);
            figures["adversarialAgreement"] = Math.Round(adversarial.EqualAnswers, 4);
        }

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
    private static IEnumerable<ReasoningTest> Telling(IReadOnlyList<ReasoningTest> tests) =>
        tests.Count > 6 ? [tests[2], tests[3], tests[5]] : tests.Count > 2 ? [tests[1], tests[2]] : tests;

    private static bool HasRecipe(ModelBundle bundle) => File.Exists(Path.Combine(bundle.Directory, BundleFileNames.Recipe));

    private static bool HasShapeOf(Puzzle puzzle, Puzzle other) =>
        (puzzle.Question.Height, puzzle.Question.Width) == (other.Question.Height, other.Question.Width);

    private static string Key(string test) => string.Concat(test.Split(' ', ',', '+').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..])).Replace("-", "To", StringComparison.Ordinal);
}
