using Deq.Api.Access;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Observability;

/// <summary>One line per request to a model: what was asked of whom, how and when it ended and how long it took. Never what was sent or answered: of a path its template alone.</summary>
internal static partial class RequestLog
{
    /// <summary>The category to switch off: <c>Logging:LogLevel:Deq.Api.Requests=Warning</c>.</summary>
    public const string Category = "Deq.Api.Requests";

    /// <summary>Stands for any method that is none of those known: its name would be the client's own text.</summary>
    private const string OtherMethod = "other";

    private static readonly string[] s_methods =
    [
        HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect,
    ];

    private static readonly string[] s_logged = ["/api", "/v2/models", "/inference.GRPCInferenceService"];

    public static void UseRequestLog(this WebApplication app)
    {
        RequestLines lines = app.Services.GetRequiredService<RequestLines>();
        ModelCatalogue models = app.Services.GetRequiredService<ModelCatalogue>();
        TimeProvider clock = app.Services.GetRequiredService<TimeProvider>();
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Category);
        app.Use(async (http, next) =>
        {
            RequestRecord.Open(http, http.GetRouteValue("model") is string name && models.Has(name) ? name : null);
            if (!s_logged.Any(path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)) || !logger.IsEnabled(LogLevel.Information)
                || Caller.Of(http) == Caller.Server)
            {
                await next(http);
                return;
            }

            await LogAsync(http, next, lines, logger, clock);
        });
    }

    private static async Task LogAsync(HttpContext http, RequestDelegate next, RequestLines lines, ILogger logger, TimeProvider clock)
    {
        long start = clock.GetTimestamp();
        long left = 0;

        // The first to register is the last to be called: after the engine, whose rows are free before this.
        using CancellationTokenRegistration leaving = logger.IsEnabled(LogLevel.Debug)
            ? ClientConnection.GoneOf(http).UnsafeRegister(_ => Interlocked.Exchange(ref left, clock.GetUtcNow().UtcTicks), null)
            : default;
        try
        {
            await next(http);
        }
        finally
        {
            RequestRecord record = RequestRecord.Of(http);
            (string method, int status, string trace) = (MethodOf(http.Request), ProblemStatus.Of(http), ProblemWriter.TraceOf(http));
            double ms = Math.Round(clock.GetElapsedTime(start).TotalMilliseconds, 3);
            DateTime ended = clock.GetUtcNow().UtcDateTime;
            string? route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            lines.Add(() => LogRequest(logger, method, route, record.Model, status, record.Stop, record.Evaluations, ms, ended, trace));
            if (Interlocked.Read(ref left) is > 0 and long ticks)
            {
                lines.Add(() => LogLeft(logger, new DateTime(ticks, DateTimeKind.Utc), trace));
            }
        }
    }

    private static string MethodOf(HttpRequest request) => Array.Find(s_methods, known => known.Equals(request.Method, StringComparison.OrdinalIgnoreCase)) ?? OtherMethod;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} route={Route} model={Model} status={Status} stop={Stop} evaluations={Evaluations} ms={Ms} ended={Ended:O} trace={TraceId}")]
    private static partial void LogRequest(
        ILogger logger, string method, string? route, string? model, int status, string? stop, long? evaluations, double ms, DateTime ended, string traceId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "left={Left:O} trace={TraceId}")]
    private static partial void LogLeft(ILogger logger, DateTime left, string traceId);
}
