using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Benchmarks.Reasoning;

/// <summary>What the reasoners reach: exact answers by size and difficulty, by effort, from several starts, and what leaving early saves.</summary>
internal static class ReasoningResults
{
    private const int Seed = 2;
    private static readonly string[] s_models = ["prefix-sum", "maze", "sudoku"];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--models", "--share", "--sudokus") is not { } report)
        {
            return 2;
        }

        string[] names = report["--models"]?.Split(',') ?? s_models;
        double share = double.Parse(report["--share"] ?? "1", System.Globalization.CultureInfo.InvariantCulture);
        ModelResults[] results = [.. names.Select(name => Measure(name, share, report["--sudokus"]))];
        report.Write(Page(results, share), results);
        return 0;
    }

    private static ModelResults Measure(string name, double share, string? sudokus)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", name), new ExecutionOptions());
        string kind = ReasoningContract.Of(bundle.Manifest).Checker!;
        var quality = ReasoningQuality.Measure(bundle, new ReasoningMeasurement
        {
            Tests = [.. ReasoningTests.Of(kind, share, Seed)],
            Solver = bundle.Manifest.Defaults.Solver,
            Usual = ReasoningContract.Of(bundle.Manifest).Effort(EffortLevel.Default)!,
            Seed = Seed,
            Clock = TimeProvider.System,
            Measured = line => Console.Error.Write($"{name} {ReasoningTables.Line(line)}"),
        });
        return new ModelResults(name, quality.Tests, quality.Efforts, quality.Starts, quality.ResidualCurve, Mixed(bundle, kind), Published(bundle, kind, sudokus));
    }

    /// <summary>One batch of puzzles of one shape and every difficulty that the shape has.</summary>
    private static MixedResult Mixed(ModelBundle bundle, string kind)
    {
        const int Each = 8;
        ReasoningTest[] tests = [.. ReasoningTests.Of(kind, 0.01, Seed + 1)];
        TokenGrid first = tests[1].Puzzles[0].Question;
        TokenGrid[] questions =
        [
            .. tests.Where(test => test.Puzzles[0].Question.Count == first.Count).SelectMany(test => test.Puzzles.Take(Each)).Select(puzzle => puzzle.Question),
        ];
        EffortLevel usual = ReasoningContract.Of(bundle.Manifest).Effort(EffortLevel.Default)!;
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), questions.Length);
        int[] spent = [.. solver.Solve(questions, usual, Seed).Select(solve => solve.Solution.Evaluations)];
        return new MixedResult(spent.Length, spent.Average(), spent.Max(), usual.EvaluationsFor(first.Count));
    }

    private static PublishedResult? Published(ModelBundle bundle, string kind, string? file)
    {
        if (kind != "sudoku" || file is null)
        {
            return null;
        }

        var checker = new SudokuChecker();
        var text = new TokenText(TokenLayout.Cells, checker.Vocabulary, SudokuChecker.Side, SudokuChecker.Side);
        TokenGrid[] questions = [.. File.ReadLines(file).Where(line => line.Length >= 81 && line[0] != '#').Select(line => text.Read(line[..81]))];
        ReasoningContract contract = ReasoningContract.Of(bundle.Manifest);
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), 16);
        return new PublishedResult(
            Path.GetFileName(file),
            questions.Length,
            [
                .. contract.Efforts.Select(level =>
                {
                    ReasoningSolve[] solves = solver.Solve(questions, level, Seed);
                    int valid = solves.Zip(questions, (solve, question) => checker.IsValid(question, solve.Answer)).Count(isValid => isValid);
                    return new PublishedLevel(level.Name, valid / (double)questions.Length, solves.Average(solve => solve.Solution.Evaluations));
                }),
            ]);
    }

    private static string Page(ModelResults[] results, double share) => $"""
        # Reasoning

        Exact answers of the included reasoners on drawn puzzles that no training and no model card used, through ONNX Runtime on the processor; every token of an
        answer must be right. Rows leave as they settle. Settled but wrong is a share of the settled ones. Controls stand in the model cards.

        ```
        dotnet run --project tests/Deq.Benchmarks -c Release -- reasoning --share {share} --json docs/results/reasoning.json --markdown docs/results/reasoning.md
        ```

        {string.Join("\n", results.Select(Section))}
        """;

    private static string Section(ModelResults model) => FormattableString.Invariant($"""
        ## {model.Model}

        {ReasoningTables.Table(model.Tests)}
        {(double.IsNaN(model.ResidualCurve) ? "No answer was wrong." : FormattableString.Invariant($"The residual tells right answers from wrong ones with an AUROC of {model.ResidualCurve:0.000}, over all lines of both tables."))}
        A batch of {model.Mixed.Count} puzzles of one size and every difficulty takes {model.Mixed.Mean:0.0} evaluations per puzzle; with a fixed depth it would take
        {model.Mixed.Slowest}, those of its slowest puzzle ({100 * (1 - (model.Mixed.Mean / model.Mixed.Slowest)):0} % saved), or the {model.Mixed.Budget} that the level allows ({100 * (1 - (model.Mixed.Mean / model.Mixed.Budget)):0} %).

        ### What effort buys

        {ReasoningTables.Table(model.Efforts)}
        ### Where solves end

        {ReasoningTables.Table(model.Starts)}
        {PublishedText(model.Published)}
        """);

    private static string PublishedText(PublishedResult? published) => published is null ? "" : FormattableString.Invariant(
        $"{published.Count} published puzzles of {published.File}: ") + string.Join("; ", published.Levels.Select(level => FormattableString.Invariant(
            $"{level.Effort} {100 * level.Valid:0.#} % valid, {level.MeanEvaluations:0.#} evaluations on average"))) + ".\n";

    private sealed record ModelResults(
        string Model,
        IReadOnlyList<ReasoningReport> Tests,
        IReadOnlyList<ReasoningReport> Efforts,
        IReadOnlyList<StartReport> Starts,
        double ResidualCurve,
        MixedResult Mixed,
        PublishedResult? Published);

    private sealed record MixedResult(int Count, double Mean, int Slowest, int Budget);

    private sealed record PublishedResult(string File, int Count, IReadOnlyList<PublishedLevel> Levels);

    private sealed record PublishedLevel(string Effort, double Valid, double MeanEvaluations);
}
