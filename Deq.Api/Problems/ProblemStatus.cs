namespace Deq.Api.Problems;

/// <summary>The status of the problem that a request ended with, where its answer has another, as calls of gRPC have.</summary>
internal sealed class ProblemStatus
{
    private readonly int _status;

    private ProblemStatus(int status) => _status = status;

    /// <summary>Notes it.</summary>
    public static void Note(HttpContext http, ProblemException problem) => http.Features.Set(new ProblemStatus(problem.Kind.Status));

    /// <summary>The status that a request counts by.</summary>
    public static int Of(HttpContext http) => http.Features.Get<ProblemStatus>()?._status ?? http.Response.StatusCode;
}
