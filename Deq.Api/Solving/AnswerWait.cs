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

    /// <summary>Adds some.</summary>
    public void Add(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
