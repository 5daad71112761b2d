using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace Deq.Api.Errors;

/// <summary>Writes every problem that leaves the server. Whatever the request accepts, a problem is <c>application/problem+json</c>.</summary>
internal static class ProblemWriter
{
    /// <summary>Seconds after which a refused client may try again.</summary>
    private const string RetryAfterSeconds = "1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What names a request to its caller and in the log.</summary>
    public static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;

    public static Task WriteProblemAsync(this HttpContext http, ProblemException problem) =>
        http.WriteProblemAsync(problem.Kind, problem.Message, problem.Members);

    public static Task WriteProblemAsync(
        this HttpContext http, ProblemKind kind, string detail, IReadOnlyDictionary<string, object?>? members = null)
    {
        var problem = new ProblemDetails { Type = kind.Type, Title = kind.Title, Status = kind.Status, Detail = detail };
        problem.Extensions["traceId"] = TraceOf(http);
        foreach ((string name, object? value) in members ?? new Dictionary<string, object?>())
        {
            problem.Extensions[name] = value;
        }

        if (kind.Status == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        http.Response.StatusCode = kind.Status;
        return http.Response.WriteAsJsonAsync(problem, Json, "application/problem+json", http.RequestAborted);
    }
}
