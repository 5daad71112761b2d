using System.Collections.Concurrent;

namespace Deq.Api.Observability;

/// <summary>Writes the lines of requests that have ended, several at a time: a write for every request would wake the console's thread each time.</summary>
/// <remarks>Lines are as late as <see cref="Late"/> and say themselves when their request ended. What is still to be written is written at the end. Thread-safe.</remarks>
internal sealed class RequestLines : IHostedService, IDisposable
{
    /// <summary>How long the first of several lines waits for the others.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<Action> _lines = new();
    private readonly Timer _timer;
    private int _isDue;

    public RequestLines() => _timer = new Timer(_ => Write());

    /// <summary>Has a line written soon.</summary>
    public void Add(Action line)
    {
        _lines.Enqueue(line);
        if (Interlocked.Exchange(ref _isDue, 1) == 0)
        {
            _timer.Change(Late, Timeout.InfiniteTimeSpan);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The web server stops first, because it starts last.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Write();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>One at a time, so that stopping waits until the timer's thread has written the lines that it took.</summary>
    private void Write()
    {
        lock (_timer)
        {
            Volatile.Write(ref _isDue, 0);
            while (_lines.TryDequeue(out Action? line))
            {
                line();
            }
        }
    }
}
