namespace Deq.Api.Solving;

/// <summary>How long answers of one endpoint take from the engine to the wire, and the time that a deadline therefore leaves to the engine. Thread-safe.</summary>
/// <remarks>
/// Mean and mean deviation are tracked as TCP tracks round trips; the reserve is mean + 4 deviations. Source: RFC 6298, section 2.
/// </remarks>
internal sealed class AnswerPath(TimeProvider clock)
{
    private const double MeanGain = 1.0 / 8;
    private const double DeviationGain = 1.0 / 4;
    private const double Deviations = 4;

    /// <summary>The largest share of what is left that is kept back: a short deadline is for solving in the first place.</summary>
    private const double LargestShare = 0.5;

    private readonly Lock _gate = new();
    private double _mean;
    private double _deviation;
    private bool _isMeasured;

    /// <summary>What is kept back of a long deadline; zero until the first answer.</summary>
    public TimeSpan Reserve
    {
        get
        {
            lock (_gate)
            {
                return TimeSpan.FromMilliseconds(_mean + (Deviations * _deviation));
            }
        }
    }

    /// <summary>What a deadline leaves to the engine: less what has passed since the request came, less the reserve. Above zero.</summary>
    /// <param name="deadline">Counted from <paramref name="begun"/>.</param>
    /// <param name="begun">The clock's timestamp at which the request came.</param>
    public TimeSpan Left(TimeSpan deadline, long begun)
    {
        TimeSpan left = deadline - clock.GetElapsedTime(begun);
        TimeSpan reserved = left - Reserve;
        TimeSpan least = left * LargestShare;
        TimeSpan time = reserved > least ? reserved : least;
        return time > TimeSpan.Zero ? time : TimeSpan.FromTicks(1);
    }

    /// <summary>What counts as the engine's own time: what a busy processor lets it take beyond what it was left must be kept back, like the way to the wire.</summary>
    /// <param name="spent">What the engine says it took.</param>
    /// <param name="left">What it was left.</param>
    public static TimeSpan Granted(TimeSpan spent, TimeSpan left) => spent < left ? spent : left;

    /// <summary>
    /// Notes, once an answer is handed to the web server, what it took beside the engine's own time. How long the client takes to read it does not count, nor what
    /// <see cref="AnswerWait"/> says of a large answer, its place behind others of its client and its making: one client would shorten everybody's deadline.
    /// </summary>
    /// <param name="response">The answer.</param>
    /// <param name="submitted">The clock's timestamp at which the engine was asked.</param>
    /// <param name="solved">The engine's own time; see <see cref="Granted"/>.</param>
    public void NoteWhenSent(HttpResponse response, long submitted, TimeSpan solved)
    {
        if (response.HasStarted)
        {
            NoteNow();
            return;
        }

        try
        {
            response.OnStarting(() =>
            {
                NoteNow();
                return Task.CompletedTask;
            });
        }
        catch (InvalidOperationException)
        {
            // It has started since: events are sent from another thread.
            NoteNow();
        }

        void NoteNow() => Note(clock.GetElapsedTime(submitted) - solved - AnswerWait.Of(response.HttpContext).Time);
    }

    /// <summary>Notes what one answer took from the engine to the wire.</summary>
    public void Note(TimeSpan taken)
    {
        double value = Math.Max(0, taken.TotalMilliseconds);
        lock (_gate)
        {
            if (_isMeasured)
            {
                _deviation += DeviationGain * (Math.Abs(value - _mean) - _deviation);
                _mean += MeanGain * (value - _mean);
            }
            else
            {
                (_mean, _deviation, _isMeasured) = (value, value / 2, true);
            }
        }
    }
}
