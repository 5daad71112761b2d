using Deq.Api.Problems;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Problems as statuses of gRPC.</summary>
internal static class RpcProblems
{
    /// <summary>Of a call.</summary>
    public const string ContentType = "application/grpc";

    private const string TypeTrailer = "deq-problem";
    private const string RetryTrailer = "retry-after-ms";

    /// <summary>Answers, or fails with a status.</summary>
    public static Task<T> Catch<T>(ServerCallContext context, Func<T> answer)
    {
        try
        {
            return Task.FromResult(answer());
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw StatusOf(ProblemPipeline.ProblemOf(fault, context.GetHttpContext()), context.GetHttpContext());
        }
    }

    /// <summary>Answers, or fails with a status.</summary>
    public static async Task<T> CatchAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (OperationCanceledException) when (HasLeft(context))
        {
            context.GetHttpContext().NoteClientGone();
            throw Left();
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw StatusOf(ProblemPipeline.ProblemOf(fault, context.GetHttpContext()), context.GetHttpContext());
        }
    }

    /// <summary>Whether the client has left, or its deadline has passed: the call's own token may hear of it after the connection's.</summary>
    public static bool HasLeft(ServerCallContext context) => context.CancellationToken.IsCancellationRequested || context.GetHttpContext().RequestAborted.IsCancellationRequested;

    /// <summary>The status of a call whose client has left.</summary>
    public static RpcException Left() => new(new Status(StatusCode.Cancelled, "The client has left."));

    /// <summary>The status of a problem; trailers name its kind, and when to try again. The log has its status of HTTP, though the answer's is 200.</summary>
    public static RpcException StatusOf(ProblemException problem, HttpContext http)
    {
        ProblemStatus.Note(http, problem);
        var trailers = new Metadata();
        foreach ((string name, string value) in FactsOf(problem))
        {
            trailers.Add(name, value);
        }

        return new RpcException(new Status(CodeOf(problem.Kind), ProtocolErrors.TextOf(problem)), trailers);
    }

    /// <summary>Answers a call that is refused before the framework has it, by headers alone.</summary>
    public static Task RefuseAsync(HttpContext http, ProblemException problem)
    {
        ProblemStatus.Note(http, problem);
        HttpResponse response = http.Response;
        (response.StatusCode, response.ContentType) = (StatusCodes.Status200OK, ContentType);
        response.Headers["grpc-status"] = $"{(int)CodeOf(problem.Kind)}";
        response.Headers["grpc-message"] = Uri.EscapeDataString(ProtocolErrors.TextOf(problem)).Replace("%20", " ", StringComparison.Ordinal);
        foreach ((string name, string value) in FactsOf(problem))
        {
            response.Headers[name] = value;
        }

        return response.CompleteAsync();
    }

    private static IEnumerable<(string Name, string Value)> FactsOf(ProblemException problem)
    {
        yield return (TypeTrailer, problem.Kind.Type);
        if (problem.RetryAfter is { } wait)
        {
            yield return (RetryTrailer, $"{Math.Ceiling(wait.TotalMilliseconds)}");
        }
    }

    private static StatusCode CodeOf(ProblemKind kind) => kind == ProblemKinds.Overloaded || kind == ProblemKinds.BodyTooLarge ? StatusCode.ResourceExhausted : kind.Status switch
    {
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status500InternalServerError => StatusCode.Internal,
        _ => StatusCode.InvalidArgument,
    };
}
