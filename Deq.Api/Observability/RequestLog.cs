using System.Diagnostics;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Observability;

/// <summary>One line per request to a model: what was asked of whom, how and when it ended and how long it took. Never what was sent or answered.</summary>
internal static partial class RequestLog
{
    /// <summary>The category to switch off: <c>Logging:LogLevel:Deq.Api.Requests=Warning</c>.</summary>
    public const string Category = "Deq.Api.Requests";

    private const string Logged = "/api";

    public static void UseRequestLog(this WebApplication app)
    {
        RequestLines lines = app.Services.GetRequiredService<RequestLines>();
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Category);
        app.Use(async (http, next) =>
        {
            RequestRecord.Open(http);
            if (!http.Request.Path.StartsWithSegments(Logged, StringComparison.OrdinalIgnoreCase) || !logger.IsEnabled(LogLevel.Information))
            {
                await next(http);
                return;
            }

            long start = Stopwatch.GetTimestamp();
            DateTime? left = null;

            // The first to register is the last to be called: after the engine, whose rows are free before this.
            using CancellationTokenRegistration leaving = logger.IsEnabled(LogLevel.Debug)
                ? ClientConnection.GoneOf(http).UnsafeRegister(_ => left = DateTime.UtcNow, null)
                : default;
            try
            {
                await next(http);
            }
            finally
            {
                RequestRecord record = RequestRecord.Of(http);
                (string method, int status, string trace) = (http.Request.Method, http.Response.StatusCode, ProblemWriter.TraceOf(http));
                double ms = Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 3);
                DateTime ended = DateTime.UtcNow;
                lines.Add(() => LogRequest(logger, method, record.Model, status, record.Stop, record.Evaluations, ms, ended, trace));
                if (left is { } time)
                {
                    lines.Add(() => LogLeft(logger, time, trace));
                }
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} model={Model} status={Status} stop={Stop} evaluations={Evaluations} ms={Ms} ended={Ended:O} trace={TraceId}")]
    private static partial void LogRequest(
        ILogger logger, string method, string? model, int status, string? stop, int? evaluations, double ms, DateTime ended, string traceId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "left={Left:O} trace={TraceId}")]
    private static partial void LogLeft(ILogger logger, DateTime left, string traceId);
}
