namespace Deq.Api.Observability;

/// <summary>Work that is done again and again while the server runs. A fault that is not foreseen is logged and ends neither the work nor the server.</summary>
internal static class RecurringWork
{
    /// <summary>Does the work after each period until the server stops.</summary>
    /// <param name="logger">Gets the first of several faults in a row, with what does not happen meanwhile.</param>
    /// <param name="period">From one start to the next; work that takes longer is not done twice at once.</param>
    /// <param name="clock">Measures the period.</param>
    /// <param name="work">What to do.</param>
    /// <param name="standstill">What does not happen while the work fails, a sentence without its full stop.</param>
    /// <param name="stopping">The server stops.</param>
    public static async Task RepeatAsync(this ILogger logger, TimeSpan period, TimeProvider clock, Func<Task> work, string standstill, CancellationToken stopping)
    {
        bool fails = false;
        using var timer = new PeriodicTimer(period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                fails = !await TryAsync(logger, work, standstill, isNew: !fails, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private static async Task<bool> TryAsync(ILogger logger, Func<Task> work, string standstill, bool isNew, CancellationToken stopping)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception fault) when (!stopping.IsCancellationRequested)
        {
            if (isNew)
            {
                logger.LogError(fault, "{Standstill} until this is mended; it is tried again and again", standstill);
            }

            return false;
        }
    }
}
