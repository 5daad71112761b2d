using System.Globalization;
using Spectre.Console;

namespace Deq.Export.Training;

/// <summary>Shows a run on the console: a bar with running means and remaining time; a line per validation.</summary>
/// <remarks>Where the console is not interactive, such as a log file, it writes a line every half minute instead of a bar.</remarks>
internal sealed class ConsoleView : ITrainingView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan InteractiveInterval = TimeSpan.FromMilliseconds(200);

    private const int BarCells = 10;

    private readonly IAnsiConsole _console;
    private readonly TrainingPlan _plan;
    private readonly TimeProvider _clock;
    private readonly bool _isInteractive;
    private readonly long _started;
    private long _shown;
    private long _firstStep = -1;

    /// <summary>Makes a view.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="plan">Its length, and what is shown of it.</param>
    /// <param name="clock">Measures the remaining time.</param>
    public ConsoleView(IAnsiConsole console, TrainingPlan plan, TimeProvider clock)
    {
        (_console, _plan, _clock) = (console, plan, clock);
        _isInteractive = console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi;
        _started = _shown = clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Step(TrainingProgress progress, double learningRate)
    {
        bool isFirst = _firstStep < 0;
        _firstStep = isFirst ? progress.Step - 1 : _firstStep;
        if (!isFirst && _clock.GetElapsedTime(_shown) < (_isInteractive ? InteractiveInterval : Interval))
        {
            return;
        }

        _shown = _clock.GetTimestamp();
        string line = Line(progress, learningRate);
        if (_isInteractive)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
            _console.Markup($"[green]{Bar(progress.Step / (double)_plan.Steps)}[/] {Markup.Escape(line)}");
        }
        else
        {
            Write(line);
        }
    }

    /// <inheritdoc/>
    public void Report(TrainingReport report)
    {
        ClearBar();
        IEnumerable<string> shown = _plan.Columns.Where(column => column.Shown is not null)
            .Select(column => $"{column.Name.Replace('_', ' ')} {string.Format(CultureInfo.InvariantCulture, $"{{0:{column.Shown}}}", column.Value(report))}");
        Write(Wrapped(shown));
    }

    /// <summary>Takes the bar away.</summary>
    public void Close() => ClearBar();

    /// <inheritdoc/>
    public void Warn(string text)
    {
        ClearBar();
        Write($"warning: {text}");
    }

    private static string Bar(double share)
    {
        int full = (int)Math.Round(share * BarCells);
        return new string('━', full) + new string('·', BarCells - full);
    }

    private string Line(TrainingProgress progress, double learningRate)
    {
        TimeSpan spent = _clock.GetElapsedTime(_started);
        TimeSpan left = spent * ((_plan.Steps - progress.Step) / (double)(progress.Step - _firstStep));
        string[] means = [.. _plan.Shown.Select(
            shown => $"{shown.Name} {progress.Means[shown.Name].ToString(shown.Format, CultureInfo.InvariantCulture)}").Append($"rate {learningRate.ToString("0.0e0", CultureInfo.InvariantCulture)}")];
        string time = left.TotalDays >= 1 ? left.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture) : left.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        int shownMeans = means.Length;
        string line;
        do
        {
            // A line that wraps cannot be taken back: what does not fit is left out, the last numbers first.
            line = string.Join("  ", means.Take(shownMeans).Prepend($"step {progress.Step}/{_plan.Steps}").Append($"{time} left"));
        }
        while (_isInteractive && line.Length > _console.Profile.Width - BarCells - 2 && --shownMeans >= 0);
        return line;
    }

    /// <summary>The parts on as many lines as the console's width needs.</summary>
    private string Wrapped(IEnumerable<string> parts)
    {
        const string indent = "    ";
        var lines = new List<string>();
        foreach (string part in parts)
        {
            bool fits = lines.Count > 0 && (!_isInteractive || lines[^1].Length + 2 + part.Length < _console.Profile.Width);
            if (fits)
            {
                lines[^1] += "  " + part;
            }
            else
            {
                lines.Add(lines.Count == 0 ? part : indent + part);
            }
        }

        return string.Join(Environment.NewLine, lines);
    }

    private void ClearBar()
    {
        if (_isInteractive)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
        }
    }

    private void Write(string line) => _console.Profile.Out.Writer.WriteLine(line);
}
