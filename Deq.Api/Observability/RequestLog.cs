using System.Diagnostics;
using Deq.Api.Errors;

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
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} model={Model} status={Status} stop={Stop} evaluations={Evaluations} ms={Ms} ended={Ended:O} trace={TraceId}")]
    private static partial void LogRequest(
        ILogger logger, string method, string? model, int status, string? stop, int? evaluations, double ms, DateTime ended, string traceId);
}
