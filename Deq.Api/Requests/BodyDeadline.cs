using System.Globalization;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Until when the body of a request must have come: the request's own deadline, or a moment after the server was asked to stop.</summary>
/// <remarks>The web server's least rate is an average since the beginning: by that, the last byte of 8 MiB may come hours after the first.</remarks>
internal sealed class BodyDeadline : IDisposable
{
    /// <summary>How long an upload may continue once the server stops.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _time;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _passed;
    private readonly CancellationTokenSource _either;
    private readonly CancellationTokenRegistration _stop;

    private BodyDeadline(TimeSpan time, TimeProvider clock, CancellationToken gone, CancellationToken stopping)
    {
        (_time, _stopping) = (time, stopping);
        _passed = new CancellationTokenSource(time, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_passed.Token, gone);
        _stop = stopping.UnsafeRegister(source => ((CancellationTokenSource)source!).CancelAfter(s_grace), _passed);
    }

    /// <summary>Cancelled when the time has passed or the client has gone away.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time has passed.</summary>
    public bool HasPassed => _passed.IsCancellationRequested;

    /// <summary>Starts the time of a request that has just come.</summary>
    /// <param name="http">The request.</param>
    /// <param name="deadlineMs">Its deadline, where that was agreed before it came. Default null: as its query says, else the server's.</param>
    public static BodyDeadline Begin(HttpContext http, int? deadlineMs = null)
    {
        RequestLimits limits = http.RequestServices.GetRequiredService<RequestLimits>();
        int ms = deadlineMs ?? (int.TryParse(http.Request.Query["deadlineMs"].FirstOrDefault(given => given is { Length: > 0 }), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) && asked > 0
            ? asked
            : limits.DeadlineMs);
        return new BodyDeadline(
            TimeSpan.FromMilliseconds(Math.Min(ms, limits.DeadlineMs)),
            http.RequestServices.GetRequiredService<TimeProvider>(),
            ClientConnection.GoneOf(http),
            http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
    }

    /// <summary>The problem of a body that has not come in time.</summary>
    public ProblemException Late() => Stopping()
        ?? new ProblemException(ProblemKinds.BodyTooSlow, $"The body has not come whole within {_time.TotalMilliseconds:0} ms, the deadline of the request.")
            .WithLimit((long)_time.TotalMilliseconds);

    /// <summary>The problem of a body that has come, and whose images were not decoded in time.</summary>
    public ProblemException Undecoded() => Stopping()
        ?? new ProblemException(ProblemKinds.DeadlineUnreachable, "The deadline passed before the images were decoded.").WithRetryAfter(ProblemException.DefaultRetryAfter);

    public void Dispose()
    {
        _stop.Dispose();
        _either.Dispose();
        _passed.Dispose();
    }

    private ProblemException? Stopping() => _stopping.IsCancellationRequested
        ? new ProblemException(ProblemKinds.Stopping, "The server takes no more requests.").WithRetryAfter(ProblemException.DefaultRetryAfter)
        : null;
}
