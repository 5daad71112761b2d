using Deq.Export.Training;

namespace Deq.Benchmarks.Estimators;

/// <summary>Watches a run's steps: what each cost and how near to rest its forward solve came. Validation does not count.</summary>
internal sealed class WatchedSteps : ITrainingView
{
    private readonly List<Watched> _steps = [];
    private EpochSums? _sums;
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
    public void Step(StepReport report)
    {
        EpochSums? before = report.Step == 1 ? new EpochSums() : _sums;
        TimeSpan now = Environment.CpuUsage.TotalTime;
        if (before is not null)
        {
            long images = report.Sums.Images - before.Images;
            _steps.Add(new Watched(
                (now - _time)?.TotalMilliseconds ?? double.NaN,
                (report.Sums.Evaluations - before.Evaluations) / images,
                (report.Sums.Residual - before.Residual) / images));
        }

        (_sums, _time) = (report.Sums, now);
    }

    /// <inheritdoc/>
    public void Warn(string text) => Console.WriteLine($"  {text}");

    /// <inheritdoc/>
    public void Epoch(EpochReport report)
    {
        _time = null;
        Console.WriteLine($"  epoch {report.Epoch}: loss {report.Loss:F3}, residual {report.TrainingResidual:E1} after {report.TrainingEvaluations:F1}, "
            + $"held out {report.Accuracy:P2}, ρ {report.SpectralRadius:F2}, {report.Seconds:F0} s");
    }

    private IEnumerable<Watched> Last(int count) => _steps.TakeLast(count);

    private readonly record struct Watched(double Milliseconds, double Evaluations, double Residual);
}
