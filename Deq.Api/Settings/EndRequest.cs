using System.Runtime.InteropServices;

namespace Deq.Api.Settings;

/// <summary>Whether the process was asked to end, from its first line on: the host hears of that only once it starts its services, and a process that is the first of a container not at all until then.</summary>
internal sealed class EndRequest : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _signals;

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
        Ask();
    }
}
