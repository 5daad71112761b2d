using System.Globalization;
using System.Text;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>How far a run has come: everything a checkpoint keeps besides tensors.</summary>
public sealed record FlowProgress
{
    /// <summary>Steps made.</summary>
    public int Step { get; init; }

    /// <summary>Where the newest steps were made: cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The lines of the log so far, head first.</summary>
    public IReadOnlyList<string> Log { get; init; } = [Head];

    private static string Head => "step,seconds,loss,training_epe,training_guess_epe,evaluations,change,learning_rate,zero_epe,"
        + string.Join(',', FlowValidationReport.Budgets.Select(budget => $"cold_{budget},visible_{budget},carried_{budget},change_{budget}"));
}

/// <summary>A training run of a flow estimator: steps on drawn clips, validated, logged and kept in checkpoints from which it can go on.</summary>
public sealed class FlowTrainer : IDisposable
{
    private static readonly ScheduleRecipe s_tuning = new() { Kind = "cosine", WarmUpShare = 0.02, FinalFactor = 0.01 };

    private readonly FlowRecipe _recipe;
    private readonly string _recipeText;
    private readonly string _directory;
    private readonly Action<string> _report;
    private readonly TimeProvider _clock;
    private readonly TrainingState _state;
    private readonly FlowTrainingStep _step;
    private readonly FlowValidation _validation;
    private readonly List<FlowStepReport> _recent = [];

    /// <summary>Builds the model and, if asked, restores a run.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="recipeText">The recipe as the user wrote it; kept in the checkpoint.</param>
    /// <param name="directory">Where checkpoint and log go.</param>
    /// <param name="resume">Whether to go on from the checkpoint there, if there is one.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="report">Takes a line for people after each validation.</param>
    public FlowTrainer(
        FlowRecipe recipe, string recipeText, string directory, bool resume, Device device, TimeProvider clock, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        (_recipe, _recipeText, _directory, _clock, _report) = (recipe, recipeText, directory, clock, report);
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        var network = new FlowNetwork(graphs);
        _state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        Photographs? photographs = recipe.Photographs is { } folder ? Photographs.Open(folder) : null;
        _step = new FlowTrainingStep(recipe, network, _state, photographs, device);
        _validation = new FlowValidation(recipe, network, photographs, device);
        if (resume && Checkpoint.Find(CheckpointDirectory) is { } checkpoint)
        {
            Progress = Checkpoint.ReadProgress<FlowProgress>(checkpoint);
            Checkpoint.ReadState(checkpoint, _state);
        }

        Progress = Progress with { Device = DeviceName.Of(device) };
    }

    /// <summary>The newest state of the run.</summary>
    public string CheckpointDirectory => Path.Combine(_directory, "checkpoint");

    /// <summary>How far the run has come.</summary>
    public FlowProgress Progress { get; private set; } = new();

    /// <summary>The last validation; null before the first.</summary>
    public FlowValidationReport? Validated { get; private set; }

    /// <summary>Trains to the end of the recipe, or until cancelled; then a checkpoint is written and the run can be resumed.</summary>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public void Run(CancellationToken cancellation)
    {
        long start = _clock.GetTimestamp();
        while (Progress.Step < _recipe.Steps && !cancellation.IsCancellationRequested)
        {
            Optimizers.SetRate(_state.Optimizer, Rate());
            _recent.Add(_step.Make(Progress.Step));
            double decay = Tuning?.AverageDecay ?? _recipe.Training.AverageDecay;
            Progress = Progress with { Step = Progress.Step + 1 };
            _state.UpdateAverage(decay, Progress.Step);
            if (Progress.Step % _recipe.Training.ReportEvery == 0 || Progress.Step == _recipe.Steps)
            {
                Report(_clock.GetElapsedTime(start));
                start = _clock.GetTimestamp();
            }
        }

        Save();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
    }

    /// <summary>Of the step that comes next; null while it is training proper.</summary>
    private FlowFineTuning? Tuning => _recipe.TuningAt(Progress.Step / (double)_recipe.Training.Steps);

    private double Rate()
    {
        double progress = Progress.Step / (double)_recipe.Training.Steps;
        return Tuning is { } tuning
            ? tuning.LearningRate * LearningRate.Factor(s_tuning, (progress - tuning.Phase.From) * _recipe.Training.Steps / tuning.Steps, epochs: 1)
            : _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, progress, epochs: 1);
    }

    private void Report(TimeSpan elapsed)
    {
        FlowValidationReport held = _validation.Run(_state.Average);
        Validated = held;
        Progress = Progress with { Log = [.. Progress.Log, Line(held, elapsed)] };
        _recent.Clear();
        Save();
        File.WriteAllText(Path.Combine(_directory, "log.csv"), string.Join('\n', Progress.Log) + "\n");
        string errors = string.Join(", ", FlowValidationReport.Budgets.Select((budget, i) => Invariant($"{held.ColdErrors[i]:0.000} at {budget}")));
        _report(Invariant($"step {Progress.Step}, {elapsed.TotalSeconds:0} s: EPE {errors}; guess {held.GuessError:0.000}, zero flow {held.ZeroError:0.000}; last change {held.Changes[^1]:0.0000}"));
    }

    private string Line(FlowValidationReport held, TimeSpan elapsed)
    {
        var line = new StringBuilder();
        double[] numbers =
        [
            elapsed.TotalSeconds, _recent.Average(r => r.Loss), _recent.Average(r => r.EndpointError), _recent.Average(r => r.GuessError),
            _recent.Average(r => r.Evaluations), _recent.Average(r => r.Change), Rate(), held.ZeroError,
            .. FlowValidationReport.Budgets.SelectMany(
                (_, i) => (double[])[held.ColdErrors[i], held.VisibleErrors[i], held.CarriedErrors[i], held.Changes[i]]),
        ];
        return line.Append(Progress.Step).Append(',').AppendJoin(',', numbers.Select(n => n.ToString("G5", CultureInfo.InvariantCulture))).ToString();
    }

    private void Save() => Checkpoint.Write(CheckpointDirectory, _recipeText, Progress, _state);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
