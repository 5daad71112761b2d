using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Benchmarks.Reasoning;

/// <summary>What the reasoners reach: exact answers by size and difficulty, by effort, from several starts, and what leaving early saves.</summary>
internal static class ReasoningResults
{
    private const int Seed = 2;
    private const int MostOfEach = 16;
    private const string Server = "server";
    private static readonly string[] s_parts = [Server, "prefix-sum", "maze", "sudoku"];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--parts", "--share", "--sudokus", "--deadline") is not { } report)
        {
            return 2;
        }

        string[] parts = report["--parts"]?.Split(',') ?? s_parts;
        double share = double.Parse(report["--share"] ?? "1", CultureInfo.InvariantCulture);
        Results? earlier = report.Earlier<Results>();
        ModelResults[] measured = [.. parts.Where(part => part != Server).Select(name => Measure(name, share, report["--sudokus"]))];
        var results = new Results(
            [.. measured.UnionBy(earlier?.Models ?? [], model => model.Model).OrderBy(model => Array.IndexOf(s_parts, model.Model))],
            parts.Contains(Server)
                ? new ManyPuzzles(Seed + 2).Measure(int.Parse(report["--deadline"] ?? "10000", CultureInfo.InvariantCulture))
                : earlier?.ThroughTheServer);
        report.Write(Page(results), results);
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
        return new ModelResults(name, share, quality, Mixed(bundle, kind, share, EffortLevel.Default), [.. Published(bundle, kind, sudokus)])
        {
            MixedLonger = Mixed(bundle, kind, share, "high"),
        };
    }

    /// <summary>
    /// Some puzzles of every difficulty, where rows leave as they settle; against one fixed depth that is enough for the slowest of all, and against one
    /// for each size. Counted in evaluations of a place, since those of a larger puzzle cost more, and for the whole batch in evaluations of a row too.
    /// </summary>
    private static MixedResult Mixed(ModelBundle bundle, string kind, double share, string effort)
    {
        ReasoningTest[] tests = [.. ReasoningTests.Of(kind, share, Seed + 1)];
        TokenGrid[] questions = [.. tests.SelectMany(test => test.Puzzles.Take(MostOfEach)).Select(puzzle => puzzle.Question)];
        EffortLevel usual = ReasoningContract.Of(bundle.Manifest).Effort(effort)!;
        SolveDefaults defaults = bundle.Manifest.Defaults;
        var solver = new ReasoningSolver(bundle, defaults.Method(defaults.Solver), Math.Min(16, questions.Length));
        int[] spent = [.. solver.Solve(questions, usual, Seed).Select(solve => solve.Solution.Evaluations)];
        Dictionary<int, int> slowest = questions.Zip(spent).GroupBy(pair => pair.First.Count).ToDictionary(size => size.Key, size => size.Max(pair => pair.Second));
        return new MixedResult
        {
            Count = questions.Length,
            Mean = spent.Average(),
            Most = spent.Max(),
            Saved = Saved(_ => spent.Max()),
            SavedOfRows = 1 - (spent.Average() / spent.Max()),
            SavedBySize = Saved(question => slowest[question.Count]),
            SavedOfBudget = Saved(question => usual.EvaluationsFor(question.Count)),
        };

        double Saved(Func<TokenGrid, int> depth) =>
            1 - (questions.Zip(spent).Sum(pair => (double)pair.First.Count * pair.Second) / questions.Sum(question => (double)question.Count * depth(question)));
    }

    private static IEnumerable<PublishedResult> Published(ModelBundle bundle, string kind, string? files)
    {
        var checker = new SudokuChecker();
        var text = new TokenText(TokenLayout.Cells, checker.Vocabulary, SudokuChecker.Side, SudokuChecker.Side);
        foreach (string file in kind == checker.Name && files is not null ? files.Split(',') : [])
        {
            TokenGrid[] questions = [.. File.ReadLines(file).Where(line => line.Length >= 81 && line[0] != '#').Select(line => text.Read(line[..81]))];
            var solver = new ReasoningSolver(bundle, bundle.Manifest.Defaults.Method(bundle.Manifest.Defaults.Solver), 16);
            foreach (EffortLevel level in ReasoningContract.Of(bundle.Manifest).Efforts.Where(level => level.Name is EffortLevel.Default or "high"))
            {
                ReasoningSolve[] solves = solver.Solve(questions, level, Seed);
                bool[] valid = [.. solves.Zip(questions, (solve, question) => checker.IsValid(question, solve.Answer))];
                int settled = solves.Count(solve => solve.Solution.Converged);
                int wrong = solves.Where((solve, i) => solve.Solution.Converged && !valid[i]).Count();
                Console.Error.WriteLine($"{file} {level.Name}: {valid.Count(isValid => isValid)} of {questions.Length} valid, {settled} settled, {wrong} of them wrong");
                yield return new PublishedResult
                {
                    File = Path.GetFileName(file),
                    Effort = level.Name,
                    Count = questions.Length,
                    Valid = valid.Count(isValid => isValid) / (double)questions.Length,
                    Settled = settled / (double)questions.Length,
                    SettledButWrong = settled == 0 ? 0 : wrong / (double)settled,
                    Cycles = solves.Count(solve => solve.Solution.Stop == StopReason.Cycle) / (double)questions.Length,
                    MeanEvaluations = solves.Average(solve => solve.Solution.Evaluations),
                };
            }
        }
    }

    private static string Page(Results results) => FormattableString.Invariant($"""
        # Reasoning

        Exact answers of the included reasoners on drawn puzzles that no training and no model card used, through ONNX Runtime on the processor; every token of an
        answer must be right. Rows leave as they settle. Settled but wrong is a share of the settled ones. A control is the same cell, trained with one start and one depth.

        ```
        dotnet run --project tests/Deq.Benchmarks -c Release -- reasoning --json docs/results/reasoning.json --markdown docs/results/reasoning.md
        ```

        `--share 0.1` measures on a tenth of the puzzles; `--parts` on some models alone, or `server`, and keeps what the file of numbers says of the others; `--sudokus <file>[,<file>…]` adds lists of Sudokus, one of
        81 characters a line. The lists below are not part of the repository.

        {(results.ThroughTheServer is not { } many ? "" : $"## Many puzzles through the server\n\n{many.Sentence()}\n")}
        {string.Join("\n", results.Models.Select(Section))}
        """);

    private static string Section(ModelResults model) => FormattableString.Invariant($"""
        ## {model.Model}
        {(model.Share < 1 ? FormattableString.Invariant($"\nMeasured by `--share {model.Share}`.\n") : "")}
        {ReasoningTables.Table(model.Quality.Tests)}
        {(double.IsNaN(model.Quality.ResidualCurve) ? "No answer was wrong." : FormattableString.Invariant($"The residual tells right answers from wrong ones with an AUROC of {model.Quality.ResidualCurve:0.000}, over all lines of both tables."))}

        {model.Mixed.Count} puzzles of every difficulty in one batch take {model.Mixed.Mean:0.0} evaluations on average, as rows leave when they settle. One fixed depth for
        the whole batch, enough for its slowest puzzle, takes {model.Mixed.Most} for each: {100 * model.Mixed.SavedOfRows:0} % are saved, {100 * model.Mixed.Saved:0} % where those of larger puzzles count by their places.
        Of a fixed depth for each size, enough for its slowest puzzle, {100 * model.Mixed.SavedBySize:0} % are saved, and {100 * model.Mixed.SavedOfBudget:0} % of what the level allows.{Longer(model.MixedLonger)}

        ### What effort buys

        {ReasoningTables.Table(model.Quality.Efforts)}
        ### Where solves end

        Solves of the same puzzles from several starts against those from zero. {ReasoningTables.Searched}

        {ReasoningTables.Table(model.Quality.Starts)}
        {ControlTable.Of(Repository.Folder("models", model.Model))}{PublishedTable(model.Published)}
        """);

    /// <summary>At the default effort the hardest are cut off, and a depth that is enough for them is deeper.</summary>
    private static string Longer(MixedResult? mixed) => mixed is null ? "" : FormattableString.Invariant(
        $" By high effort, which cuts off fewer: {mixed.Mean:0.0} against {mixed.Most}, {100 * mixed.SavedOfRows:0} % saved, {100 * mixed.Saved:0} % by places.");

    private static string PublishedTable(IReadOnlyList<PublishedResult> published)
    {
        if (published.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder("### Published puzzles\n\n| list | effort | puzzles | valid | settled | settled but wrong | in a cycle | evaluations, mean |\n|---|---|---|---|---|---|---|---|\n");
        foreach (PublishedResult line in published)
        {
            text.Append(FormattableString.Invariant($"| {line.File} | {line.Effort} | {line.Count} | {ReasoningTables.Percent(line.Valid)} | {ReasoningTables.Percent(line.Settled)} "))
                .Append(FormattableString.Invariant($"| {ReasoningTables.Percent(line.SettledButWrong)} | {ReasoningTables.Percent(line.Cycles)} | {line.MeanEvaluations:0.#} |\n"));
        }

        return text.ToString();
    }

    private sealed record Results(IReadOnlyList<ModelResults> Models, ManyPuzzlesResult? ThroughTheServer);

    private sealed record ModelResults(string Model, double Share, ReasoningQuality Quality, MixedResult Mixed, IReadOnlyList<PublishedResult> Published)
    {
        /// <summary>The same by high effort; null where an earlier run has not measured it.</summary>
        public MixedResult? MixedLonger { get; init; }
    }

    /// <summary>What rows that leave as they settle save of a batch; shares in [0, 1].</summary>
    private sealed record MixedResult
    {
        /// <summary>Puzzles.</summary>
        public required int Count { get; init; }

        /// <summary>Evaluations of a puzzle, on average.</summary>
        public required double Mean { get; init; }

        /// <summary>Those of the slowest.</summary>
        public required int Most { get; init; }

        /// <summary>Of one fixed depth for the whole batch, in evaluations of a place.</summary>
        public required double Saved { get; init; }

        /// <summary>The same in evaluations of a row.</summary>
        public required double SavedOfRows { get; init; }

        /// <summary>Of a fixed depth for each size, in evaluations of a place.</summary>
        public required double SavedBySize { get; init; }

        /// <summary>Of what the level of effort allows, in evaluations of a place.</summary>
        public required double SavedOfBudget { get; init; }
    }

    /// <summary>Published Sudokus by one level of effort; shares are of puzzles, and settled but wrong of the settled ones.</summary>
    private sealed record PublishedResult
    {
        public required string File { get; init; }

        public required string Effort { get; init; }

        public required int Count { get; init; }

        public required double Valid { get; init; }

        public required double Settled { get; init; }

        public required double SettledButWrong { get; init; }

        public required double Cycles { get; init; }

        public required double MeanEvaluations { get; init; }
    }
}
