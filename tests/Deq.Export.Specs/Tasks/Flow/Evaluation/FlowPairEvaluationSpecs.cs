using System.Text.Json;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Flow.Evaluation;

public sealed class FlowPairEvaluationSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, "best")]
    [InlineData(40, "best")]
    [InlineData(4, "final")]
    [InlineData(40, "final")]
    public void Finds_at_every_budget_what_a_solve_of_that_budget_finds(int most, string answer)
    {
        using ModelBundle bundle = ModelBundle.Open(Bundle(most), new ExecutionOptions());
        SolveDefaults defaults = bundle.Manifest.Defaults with { Answer = answer };
        using var evaluation = new FlowPairEvaluation(bundle, defaults, [new ZeroFlow()], threads: 1);
        using var solver = new FlowSolver(bundle, FixedPointMethods.Named("anderson"), threads: 1);
        FlowPair pair = DrawnPairs.Pair();
        solver.Encode(pair.First, pair.Second);

        FlowPairReport report = evaluation.Measure("drawn", pair);

        Assert.Equal([most / 2, most, 2 * most, 4 * most], report.Budgets.Select(budget => budget.Budget));
        Assert.All(report.Budgets, budget =>
        {
            FlowSolve solve = solver.Solve(RowGrant.Of(defaults.Tolerance, budget.Budget) with { AnswersFinal = defaults.AnswersFinal }, []);
            var errors = FlowResult.Of(pair, budget.Errors.Estimator, solver.Decode(solve.State));
            Assert.Equal((solve.Solution.Evaluations, solve.Solution.Residual, solve.Solution.Converged), (budget.Evaluations, budget.Residual, budget.Converged));
            Assert.Equal(errors, budget.Errors);
        });
        Assert.Equal(most == 40, report.Default.Converged);
    }

    [Fact]
    public void Names_the_best_answer_on_the_way_and_what_going_on_leads_to()
    {
        using ModelBundle bundle = ModelBundle.Open(Bundle(8), new ExecutionOptions());
        using var evaluation = new FlowPairEvaluation(bundle, bundle.Manifest.Defaults, [new ZeroFlow()], threads: 1);
        using var solver = new FlowSolver(bundle, FixedPointMethods.Named("anderson"), threads: 1);
        FlowPair pair = DrawnPairs.Pair();
        solver.Encode(pair.First, pair.Second);
        List<double> errors = [];
        solver.Solve(RowGrant.Of(1e-30, 32), [], (_, _, state) => errors.Add(FlowErrors.Measure(pair.Truth, solver.Decode(state)).EndpointError));

        FlowPairReport report = evaluation.Measure("drawn", pair);

        Assert.Equal(errors.Take(8).Min(), report.BestError);
        Assert.Equal(errors.IndexOf(report.BestError) + 1, report.BestEvaluations);
        Assert.Equal(errors[31], report.RunOn.Errors.All.EndpointError);
        Assert.Equal((errors[7] / report.BestError) - 1, report.LossToBest, 12);
    }

    [Fact]
    public void Stands_beside_the_baselines_in_one_table_with_means_per_data_set()
    {
        string one = DrawnPairs.WriteMiddlebury(_folder.File("one"), DrawnPairs.Pair(1), DrawnPairs.Pair(2));
        string two = DrawnPairs.WriteMiddlebury(_folder.File("two"), DrawnPairs.Pair(3), DrawnPairs.Pair(4));
        using ModelBundle bundle = ModelBundle.Open(Bundle(8), new ExecutionOptions());
        var pairs = new MeasuredPairs { Directories = [new DirectoryInfo(one), new DirectoryInfo(two)], Most = 1 };

        FlowReport report = pairs.Measure(bundle, bundle.Manifest.Defaults, threads: 1, _ => { });

        Assert.Equal(["drawn-1", "drawn-3"], report.Pairs.Select(pair => pair.Pair));
        string page = FlowReportTables.Page(report, "command");
        Assert.All(
            ["| drawn-1 | zero flow |", "| drawn-1 | Farnebäck |", "| drawn-3 | at most 32 evaluations |", "| **one** | zero flow |", "| **two** | at most 8", "| **mean** | Farnebäck |"],
            line => Assert.Contains(line, page));
        Assert.Equal(Math.Round(report.Pairs.Average(pair => pair.Default.Errors.All.EndpointError), 4), report.Quality()["endpointError"]);
        Assert.Equal(2, report.Quality()["pairs"]);
    }

    [Fact]
    public void Names_frames_that_the_model_does_not_take_before_any_pair_is_solved()
    {
        string good = DrawnPairs.WriteMiddlebury(_folder.File("good"), DrawnPairs.Pair(1));
        string large = DrawnPairs.WriteMiddlebury(_folder.File("large"), DrawnPairs.Pair(2, height: 64, width: 96));
        using ModelBundle bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder.File("models/small"), new() { MostPixels = 32 * 48 }), new ExecutionOptions());
        var pairs = new MeasuredPairs { Directories = [new DirectoryInfo(good), new DirectoryInfo(large)] };
        List<string> measured = [];

        string message = Assert.Throws<DatasetException>(
            () => pairs.Measure(bundle, bundle.Manifest.Defaults, threads: 1, pair => measured.Add(pair.Pair))).Message;

        Assert.Empty(measured);
        Assert.Contains(Path.Combine("drawn-2", "frame10.png"), message, StringComparison.Ordinal);
        Assert.Contains("Frames of 96 x 64 pixels", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_run_by_the_command_that_classifiers_are_evaluated_with()
    {
        string data = DrawnPairs.WriteMiddlebury(_folder.File("sequences"), DrawnPairs.Pair(1));
        string other = DrawnPairs.WriteMiddlebury(_folder.File("others"), DrawnPairs.Pair(2));

        (int code, string output) = await ExportedThreeShapes.RunAsync(
            "evaluate", Bundle(8), "--data", data, "--data", other, "--pictures", _folder.File("pictures"), "--json", _folder.File("flow.json"), "--markdown", _folder.File("flow.md"));

        Assert.True(code == 0, output);
        Assert.Contains("tiny-flow on 2 pairs: EPE", output);
        using var numbers = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("flow.json"), TestContext.Current.CancellationToken));
        Assert.Equal(2, numbers.RootElement.GetProperty("pairs").GetArrayLength());
        Assert.Contains("| **sequences** |", await File.ReadAllTextAsync(_folder.File("flow.md"), TestContext.Current.CancellationToken));
        Assert.Equal(
            ["drawn-1-Farnebäck.png", "drawn-1-estimate.png", "drawn-1-truth.png", "drawn-1-zero-flow.png"],
            Directory.GetFiles(_folder.File("pictures"), "drawn-1*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reads_real_pairs_and_finds_what_moving_nothing_costs_on_them()
    {
        var data = new DirectoryInfo(SharedImages.Directory("flow_middlebury"));
        string directory = TinyFlowBundle.Write(_folder.File("models/large"), new() { MaxEvaluations = 2, MostPixels = 1 << 20 });
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());

        FlowReport report = new MeasuredPairs { Directories = [data] }.Measure(bundle, bundle.Manifest.Defaults, threads: 1, _ => { });

        Assert.Equal(["Grove2", "RubberWhale", "Urban2", "Venus"], report.Pairs.Select(pair => pair.Pair));
        Assert.Equal([3.090, 1.256, 8.393, 3.802], report.Pairs.Select(pair => Math.Round(pair.Baselines[0].All.EndpointError, 3)));
        Assert.Equal([0.450, 1.055, 1.871, 3.578], report.Pairs.Select(pair => Math.Round(pair.Baselines[1].All.EndpointError, 3)).Order());
    }

    [Fact]
    public async Task Is_refused_with_a_reason_where_there_are_no_pairs()
    {
        (int code, string output) = await ExportedThreeShapes.RunAsync("evaluate", Bundle(8), "--data", _folder.Path);

        Assert.Equal(1, code);
        Assert.Contains("It has no pairs of frames with true flow", output);
    }

    private string Bundle(int most) => TinyFlowBundle.Write(_folder.File($"models/{most}"), new() { MaxEvaluations = most, Tolerance = 1e-6 });
}
