using System.Runtime.InteropServices;

namespace Deq.Api.Settings;

/// <summary>Whether the process was asked to end, from its first line on: the host hears of that only once it starts its services, and a process that is the first of a container not at all until then.</summary>
/// <remarks>Asked again, it ends at once: what hangs, such as a start that waits for a file, hears of nothing.</remarks>
internal sealed class EndRequest : IDisposable
{
    /// <summary>Signals so soon after the first belong to it: <c>timeout</c> sends one to the process and one to its group.</summary>
    private static readonly TimeSpan s_sameMoment = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _signals;

    /// <summary>When the first signal came, by the clock's timestamp; 0 before.</summary>
    private long _heardAt;

    public EndRequest() => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Hear))];

    /// <summary>Set once it was asked.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Asks it, as a signal does.</summary>
    public void Ask() => _asked.Cancel();

    /// <summary>Whether that is why the start was given up.</summary>
    /// <param name="fault">What ended the start.</param>
    public bool Ended(Exception fault) => Asked.IsCancellationRequested && fault.GetBaseException() is OperationCanceledException;

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _asked.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        context.Cancel = true;
        long first = Interlocked.CompareExchange(ref _heardAt, TimeProvider.System.GetTimestamp(), 0);
        if (first == 0)
        {
            Ask();
        }
        else if (TimeProvider.System.GetElapsedTime(first) > s_sameMoment)
        {
            Environment.Exit(CodeOf(context.Signal));
        }
    }

    /// <summary>What a shell reports of a process that a signal has ended: 128 and the signal's number.</summary>
    private static int CodeOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGINT => 130,
        PosixSignal.SIGQUIT => 131,
        _ => 143,
    };
}
