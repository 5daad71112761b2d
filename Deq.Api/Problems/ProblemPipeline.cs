using Deq.Api.Requests;
using Microsoft.AspNetCore.Diagnostics;

namespace Deq.Api.Problems;

/// <summary>Turns whatever goes wrong in a request into a problem, and lets nothing of the inside out.</summary>
internal static class ProblemPipeline
{
    /// <summary>What the log shows of a client that went away.</summary>
    private const int ClientClosedRequest = 499;

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            AllowStatusCode404Response = true,
            ExceptionHandler = WriteUnhandledAsync,

            // The framework's own line says everything but the traceId that the caller was given.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(context => WriteBareStatusAsync(context.HttpContext));
    }

    /// <summary>Catches the problems that the endpoints of a group throw.</summary>
    public static TBuilder CatchProblems<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            HttpContext http = context.HttpContext;
            try
            {
                return await next(context);
            }
            catch (ProblemException problem)
            {
                await http.WriteProblemAsync(problem);
            }
            catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
            {
                http.NoteClientGone();
            }

            return Results.Empty;
        });

    /// <summary>Notes that nobody reads the answer: the log shows it, unless another status has left already.</summary>
    public static void NoteClientGone(this HttpContext http) =>
        http.Response.StatusCode = http.Response.HasStarted ? http.Response.StatusCode : ClientClosedRequest;

    /// <summary>Ends a request whose body ended early: mostly nobody is there to be told.</summary>
    public static Task EndEarlyAsync(this HttpContext http)
    {
        if (!ClientConnection.GoneOf(http).IsCancellationRequested)
        {
            return http.WriteProblemAsync(EndedEarly());
        }

        http.NoteClientGone();
        return Task.CompletedTask;
    }

    private static Task WriteUnhandledAsync(HttpContext http)
    {
        Exception? fault = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        return http.WriteProblemAsync(fault switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
                new ProblemException(ProblemKinds.BodyTooLarge, "The body passes the server's limit."),
            BadHttpRequestException => EndedEarly(),
            _ => ProblemOf(fault, http),
        });
    }

    private static ProblemException EndedEarly() => new(ProblemKinds.MalformedRequest, "The request ended early or breaks the protocol.");

    /// <summary>What the caller is told of a failure that it did not cause; the log is told the rest.</summary>
    public static ProblemException ProblemOf(Exception? fault, HttpContext http)
    {
        if (fault is ProblemException problem)
        {
            return problem;
        }

        ILogger logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Deq.Api.Errors");
        logger.LogError(fault, "Request {TraceId} failed", ProblemWriter.TraceOf(http));
        return new ProblemException(ProblemKinds.InternalError, "The failure is in the server's log under this traceId.");
    }

    private static Task WriteBareStatusAsync(HttpContext http)
    {
        string path = $"{http.Request.Method} {http.Request.Path}";
        return http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => http.WriteProblemAsync(ProblemKinds.NotFound, $"{path} is no endpoint; /swagger lists those there are."),
            StatusCodes.Status405MethodNotAllowed => http.WriteProblemAsync(
                ProblemKinds.MethodNotAllowed, $"{path} is no endpoint; this path takes {http.Response.Headers.Allow}."),
            StatusCodes.Status400BadRequest => http.WriteProblemAsync(ProblemKinds.MalformedRequest, $"{path} cannot be read."),
            StatusCodes.Status413PayloadTooLarge => http.WriteProblemAsync(ProblemKinds.BodyTooLarge, "The body passes the server's limit."),
            _ => Task.CompletedTask,
        };
    }
}
