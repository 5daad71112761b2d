using System.Globalization;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>How far a run has come: everything a checkpoint keeps besides tensors.</summary>
public sealed record ReasoningProgress
{
    /// <summary>The task, by which a checkpoint is known.</summary>
    public string Task { get; init; } = "reasoning";

    /// <summary>Steps made.</summary>
    public int Step { get; init; }

    /// <summary>Where the newest steps were made: cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Time spent, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The lines of the log so far, head first.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];
}

/// <summary>A training run of a reasoner: steps on drawn puzzles, validated, logged and kept in checkpoints from which it can be resumed.</summary>
public sealed class ReasoningTrainer : IDisposable
{
    private const double MostTolerances = 10;

    private readonly ReasoningRecipe _recipe;
    private readonly string _recipeText;
    private readonly string _directory;
    private readonly Action<string> _report;
    private readonly TimeProvider _clock;
    private readonly TrainingState _state;
    private readonly ReasoningStep _step;
    private readonly ReasoningValidation _validation;
    private readonly List<ReasoningStepReport> _recent = [];

    /// <summary>Builds the model and, if asked, restores a run.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="recipeText">The recipe as the user wrote it; kept in the checkpoint.</param>
    /// <param name="directory">Where checkpoint and log go.</param>
    /// <param name="resume">Whether to resume from the checkpoint there, if there is one.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="report">Takes a line for people after each validation.</param>
    public ReasoningTrainer(
        ReasoningRecipe recipe, string recipeText, string directory, bool resume, Device device, TimeProvider clock, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        (_recipe, _recipeText, _directory, _clock, _report) = (recipe, recipeText, directory, clock, report);
        ReasonerGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, PuzzleCatalogue.Make(recipe.Puzzles[0]).Vocabulary);
        var network = new ReasoningNetwork(graphs);
        _state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, device);
        _step = new ReasoningStep(recipe, network, _state, device);
        _validation = new ReasoningValidation(recipe, network, device);
        Progress = new ReasoningProgress { Log = [Head()] };
        if (resume && Checkpoint.Find(CheckpointDirectory) is { } checkpoint)
        {
            Progress = Checkpoint.ReadProgress<ReasoningProgress>(checkpoint);
            Checkpoint.ReadState(checkpoint, _state);
        }

        Progress = Progress with { Device = DeviceName.Of(device) };
    }

    /// <summary>The newest state of the run.</summary>
    public string CheckpointDirectory => Path.Combine(_directory, "checkpoint");

    /// <summary>How far the run has come.</summary>
    public ReasoningProgress Progress { get; private set; }

    /// <summary>Trains to the end of the recipe, or until cancelled; then a checkpoint is written and the run can be resumed.</summary>
    /// <exception cref="TrainingDivergedException">The loss is not finite, or the states do not come to rest.</exception>
    public void Run(CancellationToken cancellation)
    {
        long start = _clock.GetTimestamp();
        while (Progress.Step < _recipe.Training.Steps && !cancellation.IsCancellationRequested)
        {
            double progress = Progress.Step / (double)_recipe.Training.Steps;
            Optimizers.SetRate(_state.Optimizer, _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, progress, epochs: 1));
            _recent.Add(_step.Make(Progress.Step));
            Progress = Progress with { Step = Progress.Step + 1 };
            _state.UpdateAverage(_recipe.Training.AverageDecay, Progress.Step);
            if (Progress.Step % _recipe.Training.ReportEvery == 0 || Progress.Step == _recipe.Training.Steps)
            {
                Report(_clock.GetElapsedTime(start));
                start = _clock.GetTimestamp();
            }
        }

        Save();
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();

    private string Head() => "step,seconds,loss,training_exact,training_change,"
        + string.Join(',', _recipe.Validation.Select((_, i) => $"exact_{i},noise_exact_{i},residual_{i},alignment_{i}"));

    private void Report(TimeSpan elapsed)
    {
        IReadOnlyList<ReasoningTestReport> tests = _validation.Run(_state.Average);
        double[] numbers =
        [
            elapsed.TotalSeconds, _recent.Average(r => r.Loss), _recent.Average(r => r.ExactShare), _recent.Average(r => r.Change),
            .. tests.SelectMany(test => (double[])[test.ExactShare, test.NoiseShare, test.Residual, test.Alignment]),
        ];
        string line = string.Join(',', [$"{Progress.Step}", .. numbers.Select(n => n.ToString("G5", CultureInfo.InvariantCulture))]);
        Progress = Progress with { Seconds = Progress.Seconds + elapsed.TotalSeconds, Log = [.. Progress.Log, line] };
        _report(Text(elapsed, tests));
        _recent.Clear();
        Save();
        File.WriteAllText(Path.Combine(_directory, "log.csv"), string.Join('\n', Progress.Log) + "\n");
        CheckRest(tests[0].Residual);
    }

    private string Text(TimeSpan elapsed, IReadOnlyList<ReasoningTestReport> tests)
    {
        string head = FormattableString.Invariant(
            $"step {Progress.Step}, {elapsed.TotalSeconds:0} s: loss {_recent.Average(r => r.Loss):0.0000}, exact {_recent.Average(r => r.ExactShare):0.000}");
        return head + string.Concat(tests.Select(test => FormattableString.Invariant(
            $"; {test.ExactShare:0.000} ({test.NoiseShare:0.000} from noise, residual {test.Residual:0.0e0}, alignment {test.Alignment:0.0000})")));
    }

    private void CheckRest(double residual)
    {
        int from = _recipe.Training.SettledFrom > 0 ? _recipe.Training.SettledFrom : _recipe.Training.Steps / 2;
        double most = MostTolerances * _recipe.Serving.Defaults.Tolerance;
        if (Progress.Step >= from && !(residual <= most))
        {
            throw new TrainingDivergedException(FormattableString.Invariant(
                $"At step {Progress.Step} the median residual is {residual:G3}, above ten tolerances, {most:G3}: the states do not come to rest. Give validation more evaluations, lower the learning rate, or raise solve.mostFree."));
        }
    }

    private void Save() => Checkpoint.Write(CheckpointDirectory, _recipeText, Progress, _state);
}
