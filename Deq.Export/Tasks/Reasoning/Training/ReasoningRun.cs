using Deq.Export.Graphs;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>The training run of a reasoner: steps on drawn puzzles, validated on others.</summary>
internal sealed class ReasoningRun : ITrainingRun
{
    private const double MostTolerances = 10;
    private const double PerAlignment = 1e-3;
    private const string EndsName = "ends";

    private readonly ReasoningRecipe _recipe;
    private readonly ReasoningStep _step;
    private readonly ReasoningValidation _validation;
    private long _made;

    /// <summary>Builds the model.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="device">Where to train.</param>
    public ReasoningRun(ReasoningRecipe recipe, Device device)
    {
        _recipe = recipe;
        ModelGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, PuzzleCatalogue.Make(recipe.Puzzles[0]).Vocabulary);
        var network = new EquilibriumNetwork(graphs);
        State = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        _step = new ReasoningStep(recipe, network, State, device);
        _validation = new ReasoningValidation(recipe, network, device);
        Plan = new TrainingPlan
        {
            Task = ReasoningTask.TaskName,
            Name = recipe.Name,
            Description = $"{recipe.Training.Steps} steps of {recipe.Training.BatchSize} puzzles, seed {recipe.Seed}",
            Steps = recipe.Training.Steps,
            ReportEvery = recipe.Training.ReportEvery,
            GradientClip = recipe.Training.GradientClip,
            Columns = Columns(recipe),
            Panels = Panels(recipe),
            Shown = [("loss", "F4"), ("training_exact", "F3")],
        };
    }

    /// <inheritdoc/>
    public TrainingPlan Plan { get; }

    /// <inheritdoc/>
    public TrainingState State { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Carried => _step.Ends is { } ends ? new Dictionary<string, Tensor> { [EndsName] = ends } : [];

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> carried) => _step.Ends = carried.GetValueOrDefault(EndsName);

    /// <summary>Of the picture of the log.</summary>
    public static IReadOnlyList<PlotPanel> Panels(ReasoningRecipe recipe) =>
    [
        new("loss in training", ("loss", "loss")),
        new("exact answers, held out", Each(recipe, "exact")) { Rises = true },
        new("exact answers from noise, held out", Each(recipe, "noise_exact")) { Rises = true },
        new("log10 of the residual, held out", Each(recipe, "residual")) { IsLogarithmic = true },
    ];

    /// <inheritdoc/>
    public double RateAt(long step) =>
        _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, step / (double)_recipe.Training.Steps, epochs: 1);

    /// <inheritdoc/>
    public double AverageDecayAt(long step) => _recipe.Training.AverageDecay;

    /// <inheritdoc/>
    public StepObjective Objective(long step)
    {
        _made = step + 1;
        return _step.Make((int)step);
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingDivergedException">The states do not come to rest.</exception>
    public IReadOnlyDictionary<string, double> Validate()
    {
        IReadOnlyList<ReasoningTestReport> tests = _validation.Run(State.Average);
        CheckRest(tests[0].Residual);
        var numbers = new Dictionary<string, double>();
        for (int i = 0; i < tests.Count; i++)
        {
            numbers[$"exact_{i}"] = tests[i].ExactShare;
            numbers[$"noise_exact_{i}"] = tests[i].NoiseShare;
            numbers[$"residual_{i}"] = tests[i].Residual;
            numbers[$"alignment_{i}"] = tests[i].Alignment;
        }

        return numbers;
    }

    /// <summary>
    /// The mean share of exact answers from zero and from noise; of equal ones the larger alignment is better. Null while states do not come to rest, where an answer at
    /// one depth says nothing of the end.
    /// </summary>
    public double? Score(TrainingReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        int[] tests = [.. Enumerable.Range(0, _recipe.Validation.Count)];
        return report.Held["residual_0"] <= MostResidual
            ? tests.Average(i => (report.Held[$"exact_{i}"] + report.Held[$"noise_exact_{i}"]) / 2) + (PerAlignment * tests.Average(i => report.Held[$"alignment_{i}"]))
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        State.Dispose();
    }

    private double MostResidual => MostTolerances * _recipe.Serving.Defaults.Tolerance;

    private void CheckRest(double residual)
    {
        int from = _recipe.Training.SettledFrom > 0 ? _recipe.Training.SettledFrom : _recipe.Training.Steps / 2;
        if (_made >= from && !(residual <= MostResidual))
        {
            throw new TrainingDivergedException(FormattableString.Invariant(
                $"At step {_made} the median residual is {residual:G3}, above ten tolerances, {MostResidual:G3}: the states do not come to rest. Give validation more evaluations, lower the learning rate, or raise solve.mostFree."));
        }
    }

    private static (string Label, string Column)[] Each(ReasoningRecipe recipe, string name) =>
        [.. recipe.Validation.Select((test, i) => ($"size {test.Puzzles.Most}", $"{name}_{i}"))];

    private static LogColumn[] Columns(ReasoningRecipe recipe) =>
    [
        new("step", report => report.Step, "0"),
        new("seconds", report => report.TrainingSeconds, "0"),
        new("loss", report => report.Means["loss"], "F4"),
        new("training_exact", report => report.Means["training_exact"], "F3"),
        new("training_change", report => report.Means["training_change"]),
        .. recipe.Validation.SelectMany((_, i) => (LogColumn[])
        [
            Held($"exact_{i}", "F3"), Held($"noise_exact_{i}", null), Held($"residual_{i}", "0.0e0"), Held($"alignment_{i}", null),
        ]),
    ];

    private static LogColumn Held(string name, string? shown) => new(name, report => report.Held[name], shown);
}
