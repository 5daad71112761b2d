using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Servers;

/// <summary>Keeps what is logged, line by line.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, string Line)> _lines = new();
    private readonly ConcurrentQueue<string> _faults = new();

    /// <summary>What came with an exception, or as an error.</summary>
    public string[] Faults => [.. _faults];

    public string[] All => [.. _lines.Select(line => line.Line)];

    public string[] Of(string category) => [.. _lines.Where(line => line.Category == category).Select(line => line.Line)];

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines, _faults);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<(string Category, string Line)> lines, ConcurrentQueue<string> faults) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lines.Enqueue((category, formatter(state, exception)));
            if (logLevel >= LogLevel.Error || (exception is not null && logLevel >= LogLevel.Information))
            {
                faults.Enqueue($"{category} {formatter(state, exception)} {exception}");
            }
        }
    }
}
