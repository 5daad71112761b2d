using Deq.Api.Requests;

namespace Deq.Api.Solving;

/// <summary>How long the answer of a request has waited for a thread to make it.</summary>
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

    /// <summary>Has the answer made on a thread for that, and adds how long it waited for one.</summary>
    public Task<T> RunAsync<T>(DecodingThreads threads, string client, TimeProvider clock, Func<T> make, CancellationToken cancellation)
    {
        long asked = clock.GetTimestamp();
        return threads.RunAsync(
            client,
            () =>
            {
                Add(clock.GetElapsedTime(asked));
                return make();
            },
            cancellation);
    }

    /// <summary>Adds some.</summary>
    public void Add(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
