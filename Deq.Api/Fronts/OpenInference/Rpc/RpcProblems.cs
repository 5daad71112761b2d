using Deq.Api.Problems;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Problems as statuses of gRPC.</summary>
internal static class RpcProblems
{
    private const string TypeTrailer = "deq-problem";
    private const string RetryTrailer = "retry-after-ms";

    /// <summary>Answers, or fails with a status.</summary>
    public static Task<T> Catch<T>(Func<T> answer)
    {
        try
        {
            return Task.FromResult(answer());
        }
        catch (ProblemException problem)
        {
            throw StatusOf(problem);
        }
    }

    /// <summary>Answers, or fails with a status.</summary>
    public static async Task<T> CatchAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            context.GetHttpContext().NoteClientGone();
            throw Left();
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw StatusOf(ProblemPipeline.ProblemOf(fault, context.GetHttpContext()));
        }
    }

    /// <summary>The status of a call whose client has left.</summary>
    public static RpcException Left() => new(new Status(StatusCode.Cancelled, "The client has left."));

    /// <summary>The status of a problem; trailers name its kind, and when to try again.</summary>
    public static RpcException StatusOf(ProblemException problem)
    {
        StatusCode code = problem.Kind == ProblemKinds.Overloaded || problem.Kind == ProblemKinds.BodyTooLarge ? StatusCode.ResourceExhausted : problem.Kind.Status switch
        {
            StatusCodes.Status404NotFound => StatusCode.NotFound,
            StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
            StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            StatusCodes.Status500InternalServerError => StatusCode.Internal,
            _ => StatusCode.InvalidArgument,
        };
        var trailers = new Metadata { { TypeTrailer, problem.Kind.Type } };
        if (problem.RetryAfter is { } wait)
        {
            trailers.Add(RetryTrailer, $"{Math.Ceiling(wait.TotalMilliseconds)}");
        }

        return new RpcException(new Status(code, ProtocolErrors.TextOf(problem)), trailers);
    }
}
