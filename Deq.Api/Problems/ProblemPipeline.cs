using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Microsoft.AspNetCore.Diagnostics;

namespace Deq.Api.Problems;

/// <summary>Turns whatever goes wrong in a request into a problem, and lets nothing of the inside out.</summary>
internal static class ProblemPipeline
{
    /// <summary>What the log shows of a client that went away.</summary>
    private const int ClientClosedRequest = 499;

    /// <summary>Monitoring, and pages and their documents.</summary>
    private static readonly string[] s_readOnly = ["/healthz", "/metrics", "/page", "/swagger"];

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            AllowStatusCode404Response = true,
            ExceptionHandler = WriteUnhandledAsync,

            // The framework's own line says everything but the traceId that the client was given.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseBareStatuses();
    }

    /// <summary>Refuses all methods but GET and HEAD at paths that the framework answers whatever the method, or for which it finds another endpoint.</summary>
    public static void RefuseOtherMethods(this WebApplication app) => app.Use((http, next) =>
    {
        if (HttpMethods.IsGet(http.Request.Method) || !s_readOnly.Any(path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
        {
            return next(http);
        }

        http.Response.Headers.Allow = $"{HttpMethods.Get}, {HttpMethods.Head}";
        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return Task.CompletedTask;
    });

    /// <summary>Writes a problem for every status that leaves the pipeline behind it without a body.</summary>
    public static void UseBareStatuses(this IApplicationBuilder app) => app.UseStatusCodePages(context => WriteBareStatusAsync(context.HttpContext));

    /// <summary>Notes that no client is left to read the answer: the log shows it, unless another status has been sent already.</summary>
    public static void NoteClientGone(this HttpContext http)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = ClientClosedRequest;
        }

        // The web server would try to read the rest of the body, and log with a stack trace that it cannot.
        http.Abort();
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

    public static ProblemException EndedEarly() => new(ProblemKinds.MalformedRequest, "The request ended early or breaks the protocol.");

    /// <summary>The problem for a failure; one that the client did not cause is logged and answered without its details.</summary>
    public static ProblemException ProblemOf(Exception? fault, HttpContext http)
    {
        if (fault is ProblemException problem)
        {
            return problem;
        }

        if (fault is LaneMemoryException { Needed: var needed, Limit: var most })
        {
            return needed > most
                ? new ProblemException(ProblemKinds.ImageTooLarge, fault.Message).WithLimit(most)
                : new ProblemException(ProblemKinds.Overloaded, $"{fault.Message} Too much of that stayed in use.").WithLimit(most).WithRetryAfter(ProblemException.DefaultRetryAfter);
        }

        if (fault is UnfitInputException unfit)
        {
            return Unfit(unfit);
        }

        if (fault is OutOfMemoryException)
        {
            return new ProblemException(
                ProblemKinds.Overloaded, $"A solve of this size needs more than is left of the {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes} bytes that the server may use.")
                .WithLimit(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
                .WithRetryAfter(ProblemException.DefaultRetryAfter);
        }

        ILogger logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Deq.Api.Errors");
        logger.LogError(fault, "Request {TraceId} failed", ProblemWriter.TraceOf(http));
        return new ProblemException(ProblemKinds.InternalError, "The failure is in the server's log under this traceId.");
    }

    /// <summary>The problem of an input that a model cannot be run on.</summary>
    public static ProblemException Unfit(UnfitInputException fault) => new(ProblemKinds.InvalidInput, $"The model cannot be run on this input: {fault.Message}");

    private static Task WriteBareStatusAsync(HttpContext http)
    {
        string path = $"{http.Request.Method} {http.Request.Path}";
        return http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => http.WriteProblemAsync(ProblemKinds.NotFound, $"{path} is not an endpoint; /swagger lists those there are."),
            StatusCodes.Status405MethodNotAllowed => http.WriteProblemAsync(
                ProblemKinds.MethodNotAllowed, $"{path} is not an endpoint; this path takes {http.Response.Headers.Allow}."),
            StatusCodes.Status400BadRequest => http.WriteProblemAsync(ProblemKinds.MalformedRequest, $"{path} cannot be read, or names no host that AllowedHosts lists."),
            StatusCodes.Status412PreconditionFailed => http.WriteProblemAsync(ProblemKinds.PreconditionFailed, $"{path} is not the version that If-Match or If-Unmodified-Since names."),
            StatusCodes.Status413PayloadTooLarge => http.WriteProblemAsync(ProblemKinds.BodyTooLarge, "The body passes the server's limit."),
            _ => Task.CompletedTask,
        };
    }
}
