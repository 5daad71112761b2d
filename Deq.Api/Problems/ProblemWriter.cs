using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Deq.Api.Problems;

/// <summary>Writes every problem that leaves the server. Whatever the request accepts, a problem is <c>application/problem+json</c>.</summary>
internal static class ProblemWriter
{
    /// <summary>How problems are written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What names a request to its client and in the log.</summary>
    public static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;

    /// <summary>Answers with a problem, or notes that no client is left to read it; nothing of the answer has been sent.</summary>
    public static async Task WriteProblemAsync(this HttpContext http, ProblemException problem)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<ProblemAnswer>() is { } own && own.IsMeant(http))
        {
            await own.WriteAsync(http, problem);
            return;
        }

        if (problem.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = SecondsOf(wait).ToString();
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // What the client still sends is read and dropped for a while, however much: cut off while it writes, it would not see the problem.
            size.MaxRequestBodySize = null;
        }

        http.Response.StatusCode = problem.Kind.Status;
        try
        {
            await http.Response.WriteAsJsonAsync(Describe(http, problem), Json, "application/problem+json", http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Thrown out of the pipeline it would be logged as a fault of the server, with a stack trace.
            http.NoteClientGone();
        }
    }

    public static Task WriteProblemAsync(this HttpContext http, ProblemKind kind, string detail) =>
        http.WriteProblemAsync(new ProblemException(kind, detail));

    /// <summary>A problem as it stands in an answer.</summary>
    public static ProblemDetails Describe(HttpContext http, ProblemException problem)
    {
        ProblemKind kind = problem.Kind;
        var details = new ProblemDetails { Type = kind.Type, Title = kind.Title, Status = kind.Status, Detail = problem.Message };
        details.Extensions["traceId"] = TraceOf(http);
        foreach ((string name, object? value) in problem.Members)
        {
            details.Extensions[name] = value;
        }

        if (http.Features.Get<ProblemText>() is { } text)
        {
            details.Extensions[text.Member] = text.Write(problem);
        }

        return details;
    }

    /// <summary>The header has whole seconds: rounded up, and never 0, which would say at once.</summary>
    private static long SecondsOf(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
}

/// <summary>A further member of the problems of a request, for clients of another protocol than RFC 9457; a feature of the request.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Write">What it says of a problem.</param>
internal sealed record ProblemText(string Member, Func<ProblemException, string> Write);

/// <summary>How an endpoint of another protocol than HTTP's own answers with a problem; metadata of the endpoint.</summary>
/// <param name="IsMeant">Whether a request keeps to that protocol.</param>
/// <param name="WriteAsync">Answers; nothing of the answer has been sent.</param>
internal sealed record ProblemAnswer(Func<HttpContext, bool> IsMeant, Func<HttpContext, ProblemException, Task> WriteAsync);
