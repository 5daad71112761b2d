using System.Diagnostics;

namespace Deq.Testing;

/// <summary>Waits that end: what does not come fails the spec with what was waited for, instead of holding up the suite.</summary>
public static class Bounded
{
    /// <summary>Much longer than an answer takes on a machine that is busy with other things.</summary>
    private static readonly TimeSpan s_answer = TimeSpan.FromMinutes(5);

    /// <summary>The same of a process, which may train a model or run specs.</summary>
    private static readonly TimeSpan s_process = TimeSpan.FromMinutes(20);

    /// <summary>Waits for an answer.</summary>
    /// <param name="what">Named where it does not come.</param>
    /// <param name="wait">Waits until its token is cancelled.</param>
    /// <param name="cancellation">The spec's.</param>
    /// <exception cref="TimeoutException">It did not come within five minutes.</exception>
    public static Task<T> Wait<T>(string what, Func<CancellationToken, Task<T>> wait, CancellationToken cancellation) =>
        Wait(what, s_answer, null, wait, cancellation);

    /// <summary>Waits for something that a process does, and kills the process where it does not.</summary>
    /// <param name="process">The process.</param>
    /// <param name="what">Named where it does not come.</param>
    /// <param name="wait">Waits until its token is cancelled.</param>
    /// <param name="cancellation">The spec's.</param>
    /// <exception cref="TimeoutException">It did not come within twenty minutes.</exception>
    public static Task<T> Wait<T>(Process process, string what, Func<CancellationToken, Task<T>> wait, CancellationToken cancellation) =>
        Wait(what, s_process, process, wait, cancellation);

    /// <summary>Waits for the end of a process, and kills it where it does not end.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellation">The spec's.</param>
    /// <returns>What it wrote to those of its streams that are redirected.</returns>
    /// <exception cref="TimeoutException">It did not end within twenty minutes.</exception>
    public static Task<(string Output, string Errors)> End(Process process, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(process);
        ProcessStartInfo start = process.StartInfo;
        return Wait(process, $"The end of {start.FileName} {string.Join(' ', start.ArgumentList)}", WrittenAsync, cancellation);

        async Task<(string Output, string Errors)> WrittenAsync(CancellationToken end)
        {
            Task<string> output = start.RedirectStandardOutput ? process.StandardOutput.ReadToEndAsync(end) : Task.FromResult("");
            Task<string> errors = start.RedirectStandardError ? process.StandardError.ReadToEndAsync(end) : Task.FromResult("");
            await process.WaitForExitAsync(end);
            return (await output, await errors);
        }
    }

    private static async Task<T> Wait<T>(string what, TimeSpan longest, Process? process, Func<CancellationToken, Task<T>> wait, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(longest);
        try
        {
            return await wait(bound.Token);
        }
        catch (OperationCanceledException late) when (bound.IsCancellationRequested)
        {
            process?.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new TimeoutException($"{what} did not come within {longest.TotalMinutes:0} minutes{(process is null ? "" : "; the process was killed")}.", late);
        }
    }
}
