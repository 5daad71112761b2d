using Deq.Api.Requests;

namespace Deq.Api.Solving;

/// <summary>How long a request has waited for an answer that <see cref="DecodingThreads"/> make, as they do of large ones: for a thread, and for the making.</summary>
internal sealed class AnswerWait
{
    private long _ticks;

    /// <summary>All of it.</summary>
    public TimeSpan Time => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>That of a request.</summary>
    public static AnswerWait Of(HttpContext http)
    {
        if (http.Features.Get<AnswerWait>() is { } known)
        {
            return known;
        }

        var wait = new AnswerWait();
        http.Features.Set(wait);
        return wait;
    }

    /// <summary>Has the answer made on a thread for that, and adds how long that took, however it ended.</summary>
    public async Task<T> RunAsync<T>(DecodingThreads threads, string client, TimeProvider clock, Func<T> make, CancellationToken cancellation)
    {
        long asked = clock.GetTimestamp();
        try
        {
            return await threads.RunAsync(client, make, cancellation);
        }
        finally
        {
            Interlocked.Add(ref _ticks, clock.GetElapsedTime(asked).Ticks);
        }
    }
}
