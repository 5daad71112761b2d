using Deq.Export.Training;

namespace Deq.Benchmarks.Estimators;

/// <summary>Watches a run's steps: what each cost and how near to rest its forward solve came. Validation does not count.</summary>
internal sealed class WatchedSteps : ITrainingView
{
    private readonly List<Watched> _steps = [];
    private RunningMeans? _means;
    private TimeSpan? _time;

    /// <summary>Median processor time of a step in milliseconds, so that a busy machine does not count; NaN where none was seen.</summary>
    public double Milliseconds => PairedGap.Median(_steps.Select(step => step.Milliseconds).Where(double.IsFinite).DefaultIfEmpty(double.NaN));

    /// <summary>Mean forward evaluations per image over the last steps.</summary>
    /// <param name="count">How many, where so many were seen.</param>
    public double Evaluations(int count) => Last(count).Select(step => step.Evaluations).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Mean relative residual at the end of the forward solve over the last steps.</summary>
    /// <param name="count">How many, where so many were seen.</param>
    public double Residual(int count) => Last(count).Select(step => step.Residual).DefaultIfEmpty(double.NaN).Average();

    /// <inheritdoc/>
    public void Step(TrainingProgress progress, double learningRate)
    {
        TimeSpan now = Environment.CpuUsage.TotalTime;
        RunningMeans? before = progress.Step == 1 ? new RunningMeans() : _means;
        if (before is not null)
        {
            _steps.Add(new Watched((now - _time)?.TotalMilliseconds ?? double.NaN, Newest("evaluations"), Newest("residual")));

            double Newest(string name)
            {
                (WeightedSum sum, WeightedSum earlier) = (progress.Means.Sums[name], before.Sums.GetValueOrDefault(name));
                return (sum.Sum - earlier.Sum) / (sum.Weight - earlier.Weight);
            }
        }

        (_means, _time) = (progress.Means, now);
    }

    /// <inheritdoc/>
    public void Warn(string text) => Console.WriteLine($"  {text}");

    /// <inheritdoc/>
    public void Report(TrainingReport report)
    {
        (_means, _time) = (new RunningMeans(), null);
        Console.WriteLine($"  step {report.Step}: loss {report.Means["loss"]:F3}, residual {report.Means["residual"]:E1} after {report.Means["evaluations"]:F1}, "
            + $"held out {report.Held["accuracy"]:P2}, ρ {report.Held["spectral_radius"]:F2}, {report.Seconds:F0} s");
    }

    private IEnumerable<Watched> Last(int count) => _steps.TakeLast(count);

    private readonly record struct Watched(double Milliseconds, double Evaluations, double Residual);
}
