using System.Diagnostics;
using Deq.Export.Graphs;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Classification;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>A training run: epochs over a data set, validated, logged and kept in checkpoints from which it can go on.</summary>
/// <remarks>
/// Weights, split, order, augmentation and every random draw follow from the recipe's seed and the step, so a resumed run sees what an
/// uninterrupted one would have seen.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private static readonly TimeSpan BetweenPlots = TimeSpan.FromSeconds(20);

    private readonly TrainingRecipe _recipe;
    private readonly string _recipeText;
    private readonly string _directory;
    private readonly TrainingImages _images;
    private readonly ITrainingView _view;
    private readonly EquilibriumNetwork _network;
    private readonly TrainingState _state;
    private readonly TrainingStep _step;
    private readonly Validation _validation;
    private readonly Stopwatch _sincePlot = Stopwatch.StartNew();
    private int _plotted;
    private TrainingProgress _progress;

    /// <summary>Builds the model and, if asked, restores a run.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="recipeText">The recipe as the user wrote it; kept in the checkpoint.</param>
    /// <param name="images">Training and held-out images.</param>
    /// <param name="directory">Where checkpoint, log and plot go.</param>
    /// <param name="resume">Whether to go on from the checkpoint there, if there is one.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="view">Who watches.</param>
    public Trainer(
        TrainingRecipe recipe, string recipeText, TrainingImages images, string directory, bool resume, Device device, ITrainingView view)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(images);
        (_recipe, _recipeText, _images, _directory, _view) = (recipe, recipeText, images, directory, view);
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, images.Labels.Count);
        _network = new EquilibriumNetwork(graphs);
        _state = new TrainingState(recipe, graphs.Weights, device);
        _step = new TrainingStep(recipe, _network, _state, device);
        _validation = new Validation(recipe, _network, device);
        _progress = new TrainingProgress { Labels = images.Labels };
        if (resume && Checkpoint.Find(CheckpointDirectory) is { } checkpoint)
        {
            _progress = Checkpoint.ReadProgress(checkpoint);
            Checkpoint.ReadState(checkpoint, _state);
        }

        _progress = _progress with { Device = DeviceName.Of(device) };
    }

    /// <summary>The newest state of the run.</summary>
    public string CheckpointDirectory => Path.Combine(_directory, "checkpoint");

    /// <summary>The state with the best held-out accuracy so far: what to export.</summary>
    public string BestDirectory => Path.Combine(_directory, "best");

    /// <summary>How far the run has come.</summary>
    public TrainingProgress Progress => _progress;

    /// <summary>Trains to the end of the recipe, or until cancelled; then a checkpoint is written and the run can be resumed.</summary>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public void Run(CancellationToken cancellation)
    {
        while (_progress.Epoch < _recipe.Training.Epochs && !cancellation.IsCancellationRequested)
        {
            if (RunEpoch(cancellation))
            {
                FinishEpoch();
            }
        }

        SaveCheckpoint();
        WritePlot(isLast: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _validation.Dispose();
        _state.Dispose();
    }

    /// <summary>Runs what is left of the present epoch; false when cancelled before its end.</summary>
    private bool RunEpoch(CancellationToken cancellation)
    {
        IReadOnlyList<int[]> batches = _images.Batches(_progress.Epoch);
        var watch = Stopwatch.StartNew();
        var sinceSave = Stopwatch.StartNew();
        double before = _progress.Sums.Seconds;
        while (_progress.Step < batches.Count)
        {
            if (cancellation.IsCancellationRequested)
            {
                return false;
            }

            MakeStep(batches);
            _progress = _progress with { Step = _progress.Step + 1, Sums = _progress.Sums with { Seconds = before + watch.Elapsed.TotalSeconds } };
            _view.Step(new StepReport
            {
                Epoch = _progress.Epoch + 1,
                Step = _progress.Step,
                Steps = batches.Count,
                Sums = _progress.Sums,
                LearningRate = Rate(batches.Count),
            });
            if (sinceSave.Elapsed.TotalMinutes >= _recipe.Training.CheckpointMinutes)
            {
                SaveCheckpoint();
                sinceSave.Restart();
            }
        }

        return true;
    }

    private void MakeStep(IReadOnlyList<int[]> batches)
    {
        using IDisposable scope = NewDisposeScope();
        long step = ((long)_progress.Epoch * batches.Count) + _progress.Step;
        Optimizers.SetRate(_state.Optimizer, Rate(batches.Count));
        (Tensor images, Tensor labels) = _images.Training(
            batches[_progress.Step], _progress.Epoch, _progress.Step + 1 < batches.Count ? batches[_progress.Step + 1] : null);
        EpochSums sums = _step.Make(images, labels, _progress.Epoch + 1, step, _progress.Sums);
        _progress = _progress with { Sums = sums };
        if (_step.Warning is { } warning)
        {
            _view.Warn(warning);
        }

        _state.UpdateAverage(_recipe.Training.AverageDecay, step + 1);
    }

    private double Rate(int steps)
    {
        double done = _progress.Epoch + (_progress.Step / (double)steps);
        return _recipe.Optimizer.LearningRate * LearningRate.Factor(_recipe.Schedule, done, _recipe.Training.Epochs);
    }

    private void FinishEpoch()
    {
        var watch = Stopwatch.StartNew();
        ValidationReport held = _validation.Run(_state.Average, _images);
        EpochSums sums = _progress.Sums;
        var report = new EpochReport
        {
            Epoch = _progress.Epoch + 1,
            Phase = _recipe.Training.IsPretraining(_progress.Epoch + 1) ? "pretrain" : "equilibrium",
            Loss = sums.Mean(sums.Loss),
            TrainingAccuracy = sums.Mean(sums.Right),
            TrainingEvaluations = sums.Mean(sums.Evaluations),
            TrainingResidual = sums.Mean(sums.Residual),
            BackwardEvaluations = sums.Mean(sums.BackwardEvaluations),
            JacobianPenalty = sums.Penalties == 0 ? double.NaN : sums.Penalty / sums.Penalties,
            Accuracy = held.Accuracy,
            Evaluations = held.Solves.MeanEvaluations,
            Residual = held.Solves.MeanResidual,
            ConvergedShare = held.Solves.ConvergedShare,
            SpectralRadius = held.SpectralRadius,
            LearningRate = Rate((int)Math.Ceiling(sums.Images / (double)_recipe.Training.BatchSize)),
            Seconds = sums.Seconds + watch.Elapsed.TotalSeconds,
            GradientCosine = sums.Comparisons == 0 ? double.NaN : sums.Cosine / sums.Comparisons,
            PeakMemoryMebibytes = PeakMemory() / 1048576.0,
        };
        Advance(report);
    }

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private void Advance(EpochReport report)
    {
        bool isBest = report.Phase == "equilibrium" && report.Accuracy > _progress.BestAccuracy;
        _progress = _progress with
        {
            Epoch = report.Epoch,
            Step = 0,
            Sums = new EpochSums(),
            Epochs = [.. _progress.Epochs, report],
            BestAccuracy = isBest ? report.Accuracy : _progress.BestAccuracy,
        };
        TrainingLog.Write(Path.Combine(_directory, "log.csv"), _progress.Epochs);
        WritePlot(isLast: false);
        SaveCheckpoint();
        if (isBest)
        {
            Checkpoint.Write(BestDirectory, _recipeText, _progress, _state);
        }

        _view.Epoch(report);
    }

    /// <summary>Where epochs take seconds, drawing all of them every time would cost a good part of the run.</summary>
    private void WritePlot(bool isLast)
    {
        if (_progress.Epochs.Count > _plotted && (isLast || _sincePlot.Elapsed >= BetweenPlots))
        {
            TrainingPlot.Write(Path.Combine(_directory, "curves.png"), _recipe.Name, _progress.Epochs);
            _plotted = _progress.Epochs.Count;
            _sincePlot.Restart();
        }
    }

    private void SaveCheckpoint() => Checkpoint.Write(CheckpointDirectory, _recipeText, _progress, _state);
}
