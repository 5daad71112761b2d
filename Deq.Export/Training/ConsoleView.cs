using Spectre.Console;

namespace Deq.Export.Training;

/// <summary>Shows a run on the console: a bar with loss, accuracy, evaluations, residual and remaining time; a line per epoch.</summary>
/// <remarks>Where the console is not interactive, such as a log file, it writes a line every half minute instead of a bar.</remarks>
public sealed class ConsoleView : ITrainingView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly IAnsiConsole _console;
    private readonly int _epochs;
    private readonly TimeProvider _clock;
    private readonly bool _isInteractive;
    private readonly long _started;
    private long _shown;
    private double _doneAtStart = -1;

    /// <summary>Makes a view.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="epochs">Epochs of the recipe.</param>
    /// <param name="clock">Measures the remaining time.</param>
    public ConsoleView(IAnsiConsole console, int epochs, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(clock);
        (_console, _epochs, _clock) = (console, epochs, clock);
        _isInteractive = console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi;
        _started = _shown = clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Step(StepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        double done = report.Epoch - 1 + (report.Step / (double)report.Steps);
        _doneAtStart = _doneAtStart < 0 ? done - (1.0 / report.Steps) : _doneAtStart;
        TimeSpan wait = _isInteractive ? TimeSpan.FromMilliseconds(200) : Interval;
        if (_clock.GetElapsedTime(_shown) < wait && report.Step < report.Steps)
        {
            return;
        }

        _shown = _clock.GetTimestamp();
        string line = Line(report, done);
        if (_isInteractive)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
            _console.Markup($"[green]{Bar(done / _epochs)}[/] {Markup.Escape(line)}");
        }
        else
        {
            _console.Profile.Out.Writer.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Epoch(EpochReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (_isInteractive)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
        }

        _console.Profile.Out.Writer.WriteLine(
            $"epoch {report.Epoch,3} {report.Phase,-11} loss {report.Loss:F4}  accuracy {report.TrainingAccuracy:P2}  held out {report.Accuracy:P2}"
            + $"  evaluations {report.Evaluations:F1}  residual {report.Residual:E1}  converged {report.ConvergedShare:P1}"
            + $"  spectral radius {report.SpectralRadius:F2}  {report.Seconds:F0} s");
    }

    /// <inheritdoc/>
    public void Warn(string text)
    {
        if (_isInteractive)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
        }

        _console.Profile.Out.Writer.WriteLine($"warning: {text}");
    }

    private static string Bar(double share)
    {
        const int cells = 20;
        int full = (int)Math.Round(share * cells);
        return new string('━', full) + new string('·', cells - full);
    }

    private string Line(StepReport report, double done)
    {
        EpochSums sums = report.Sums;
        TimeSpan spent = _clock.GetElapsedTime(_started);
        TimeSpan left = spent * ((_epochs - done) / Math.Max(done - _doneAtStart, 1e-9));
        return $"epoch {report.Epoch}/{_epochs} step {report.Step}/{report.Steps}  loss {sums.Mean(sums.Loss):F4}  accuracy {sums.Mean(sums.Right):P1}"
            + $"  evaluations {sums.Mean(sums.Evaluations):F1}  residual {sums.Mean(sums.Residual):E1}  rate {report.LearningRate:E1}"
            + $"  {left:hh\\:mm\\:ss} left";
    }
}
