namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Solves of which one that converges is enough: the first ends the others as superseded. Thread-safe.</summary>
public sealed class RivalSolves : IDisposable
{
    private readonly CancellationTokenSource _won = new();

    /// <summary>When one has converged.</summary>
    internal CancellationToken Won => _won.Token;

    /// <summary>Notes that one has converged. Called by engine threads, before its answer is there.</summary>
    internal void Win() => _won.Cancel();

    /// <summary>To be called once every solve has ended.</summary>
    public void Dispose() => _won.Dispose();
}
