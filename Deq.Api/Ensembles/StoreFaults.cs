using Deq.Api.Problems;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>Faults of the trust store while the server runs, such as those of a full disk. Thread-safe.</summary>
/// <param name="logger">Gets the first of several in a row.</param>
internal sealed class StoreFaults(ILogger<StoreFaults> logger)
{
    private int _isFailing;

    /// <summary>Logs a fault, unless the store has failed since something was last written.</summary>
    public void Note(SqliteException fault)
    {
        if (Interlocked.Exchange(ref _isFailing, 1) == 0)
        {
            logger.LogError("The trust store cannot be used: votes are answered without a name for feedback, and feedback is refused, until this is mended: {Fault}", fault.Message);
        }
    }

    /// <summary>Something was written: the next fault is a new one.</summary>
    public void NoteWritten() => Volatile.Write(ref _isFailing, 0);
}

internal static class StoreFaultFilter
{
    /// <summary>Answers faults of the trust store as a problem that may pass, logged once; inside of what catches problems.</summary>
    public static TBuilder CatchStoreFaults<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (SqliteException fault)
            {
                context.HttpContext.RequestServices.GetRequiredService<StoreFaults>().Note(fault);
                throw Unusable();
            }
        });

    private static ProblemException Unusable() =>
        new ProblemException(ProblemKinds.Overloaded, "What ensembles have learned cannot be read or written at the moment, such as on a full disk; nothing was stored. The server's log says why.")
            .WithRetryAfter(ProblemException.DefaultRetryAfter);
}
