using System.Diagnostics;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>Where a run keeps its files, and with what time.</summary>
/// <param name="Directory">Takes checkpoint, log and curves; exists.</param>
/// <param name="RecipeText">The recipe as the user wrote it; kept in the checkpoint.</param>
/// <param name="Device">Where the run computes, cpu or cuda; a note.</param>
/// <param name="Clock">Measures how long steps take.</param>
internal sealed record TrainingFiles(string Directory, string RecipeText, string Device, TimeProvider Clock);

/// <summary>The training loop: steps, validated, logged, and kept in checkpoints from which the run can be resumed. Disposes its run.</summary>
internal sealed class Trainer : IDisposable
{
    private static readonly TimeSpan BetweenPlots = TimeSpan.FromSeconds(20);

    private readonly ITrainingRun _run;
    private readonly TrainingFiles _files;
    private readonly ITrainingView _view;
    private readonly TimeProvider _clock;
    private long _plotted;
    private long _saved;
    private int _drawn;

    /// <summary>Begins a run or, if asked, restores it.</summary>
    /// <param name="run">What to train.</param>
    /// <param name="files">Where checkpoint, log and curves go.</param>
    /// <param name="resume">Whether to continue from the checkpoint there, if there is one.</param>
    /// <param name="view">Watches the run.</param>
    /// <exception cref="InvalidDataException">The checkpoint belongs to another recipe, or its data, epochs or outputs are not those of the run.</exception>
    public Trainer(ITrainingRun run, TrainingFiles files, bool resume, ITrainingView view)
    {
        (_run, _files, _view, _clock) = (run, files, view, files.Clock);
        Progress = new TrainingProgress();
        _plotted = _saved = _clock.GetTimestamp();
        if (resume && Checkpoint.Find(CheckpointDirectory) is { } checkpoint)
        {
            Progress = Checkpoint.ReadProgress(checkpoint, run.Plan.ReadEarlier);
            RequireSameRun(Progress, run.Plan);
            Checkpoint.ReadState(checkpoint, run.State);
            run.Restore(Checkpoint.ReadCarried(checkpoint));
        }
        else
        {
            SetAside = EarlierRun.SetAside(files.Directory);
        }

        Progress = Progress with
        {
            Task = run.Plan.Task,
            Device = files.Device,
            OutputNames = run.Plan.OutputNames,

            // What an earlier part of the run was trained with is not known where its checkpoint does not say.
            Split = Progress.Step > 0 && Progress.Split.Length == 0 ? "" : run.Plan.Split,
            StepsPerEpoch = run.Plan.StepsPerEpoch,
        };
    }

    /// <summary>The newest state of the run.</summary>
    public string CheckpointDirectory => Path.Combine(_files.Directory, "checkpoint");

    /// <summary>The state with the best validation so far, where the task scores them.</summary>
    public string BestDirectory => Path.Combine(_files.Directory, "best");

    /// <summary>How far the run has come.</summary>
    public TrainingProgress Progress { get; private set; }

    /// <summary>Where the files of an earlier run went that were in the way; null where there were none.</summary>
    public string? SetAside { get; }

    /// <summary>The log so far.</summary>
    public TrainingLog Log => new(Progress.Log);

    /// <summary>Trains to the end of the recipe, or until cancelled; then a checkpoint is written and the run can be resumed.</summary>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public void Run(CancellationToken cancellation)
    {
        while (Progress.Step < _run.Plan.Steps && !cancellation.IsCancellationRequested)
        {
            MakeStep();
            if (Progress.Step % _run.Plan.ReportEvery == 0 || Progress.Step == _run.Plan.Steps)
            {
                Report();
            }
            else if (_clock.GetElapsedTime(_saved) >= _run.Plan.SaveEvery)
            {
                Save(CheckpointDirectory);
            }
        }

        Save(CheckpointDirectory);
        WritePlot(isLast: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    /// <summary>What a checkpoint does not say, because it was written before checkpoints said so, is not compared.</summary>
    private static void RequireSameRun(TrainingProgress before, TrainingPlan now)
    {
        if (before.Split.Length > 0 && now.Split.Length > 0 && before.Split != now.Split)
        {
            throw new InvalidDataException(
                "The data, or which of them are held out, are not those that the run began with, so it would be judged by what it was trained on: train anew without --resume.");
        }

        if (before.StepsPerEpoch > 0 && before.StepsPerEpoch != now.StepsPerEpoch)
        {
            throw new InvalidDataException(
                $"training.batchSize is not that of the run: an epoch has {now.StepsPerEpoch} steps now and had {before.StepsPerEpoch}. Set it as it was, or train anew without --resume.");
        }

        if (before.OutputNames.Count > 0 && !before.OutputNames.SequenceEqual(now.OutputNames))
        {
            throw new InvalidDataException(
                $"The labels are not those of the run, in its order: they are {string.Join(", ", now.OutputNames)} now and were {string.Join(", ", before.OutputNames)}. "
                + "Set them as they were, or train anew without --resume.");
        }
    }

    private void MakeStep()
    {
        long began = _clock.GetTimestamp();
        using IDisposable scope = NewDisposeScope();
        long step = Progress.Step;
        TrainingState state = _run.State;
        Optimizers.SetRate(state.Optimizer, _run.RateAt(step));
        state.Optimizer.zero_grad();
        StepObjective objective = _run.Objective(step);
        double loss = objective.Loss.item<float>();
        if (!double.IsFinite(loss))
        {
            throw new TrainingDivergedException($"The loss is {loss} at step {step + 1}: lower the learning rate or the gradient clip.");
        }

        autograd.backward(objective.Loss, retain_graph: objective.RetainsGraph);
        objective.Differentiated();
        nn.utils.clip_grad_norm_(state.Parameters.Trainable.Select(entry => entry.Value), _run.Plan.GradientClip);
        state.Optimizer.step();
        RunningMeans means = Progress.Means.With([new("loss", loss, objective.Weight), .. objective.Measure()]);
        state.UpdateAverage(_run.AverageDecayAt(step), step + 1);
        Progress = Progress with { Step = step + 1, Means = means, Seconds = Progress.Seconds + _clock.GetElapsedTime(began).TotalSeconds };
        if (objective.Warn() is { } warning)
        {
            _view.Warn(warning);
        }

        _view.Step(Progress, _run.RateAt(step + 1));
    }

    private void Report()
    {
        long began = _clock.GetTimestamp();
        IReadOnlyDictionary<string, double> held = _run.Validate();
        var report = new TrainingReport
        {
            Step = Progress.Step,
            Means = Progress.Means,
            Held = held,
            LearningRate = _run.RateAt(Progress.Step),
            TrainingSeconds = Progress.Seconds,
            Seconds = Progress.Seconds + _clock.GetElapsedTime(began).TotalSeconds,
            PeakMemoryMebibytes = PeakMemory() / 1048576.0,
        };
        double? score = _run.Score(report);
        bool isBest = score is { } found && !(found <= Progress.BestScore);
        TrainingLog log = Log.With(_run.Plan.Columns, report);
        Progress = Progress with { Seconds = 0, Means = new RunningMeans(), Log = log.Lines, BestScore = isBest ? score : Progress.BestScore };
        File.WriteAllText(Path.Combine(_files.Directory, "log.csv"), log.Text);
        WritePlot(isLast: false);
        if (isBest)
        {
            // Before the checkpoint, which has the score: a run that is cut between the two finds these weights again.
            Save(BestDirectory);
        }

        Save(CheckpointDirectory);
        _view.Report(report);
    }

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Where reports are seconds apart, drawing all of them every time would cost a good part of the run.</summary>
    private void WritePlot(bool isLast)
    {
        TrainingLog log = Log;
        if (log.Count > _drawn && (isLast || _clock.GetElapsedTime(_plotted) >= BetweenPlots))
        {
            File.WriteAllBytes(Path.Combine(_files.Directory, "curves.png"), TrainingPlot.Png(_run.Plan.Name, log, _run.Plan.Panels));
            (_drawn, _plotted) = (log.Count, _clock.GetTimestamp());
        }
    }

    private void Save(string directory)
    {
        Checkpoint.Write(directory, _files.RecipeText, Progress, _run.State, _run.Carried);
        _saved = _clock.GetTimestamp();
    }
}
