using System.Text.Json;
using Deq.Api.Problems;

namespace Deq.Api.Solving;

/// <summary>Writes an answer of known length, so that head and body leave together and a client has all of it before the server has tidied up.</summary>
internal static class JsonAnswer
{
    private const string ContentType = "application/json; charset=utf-8";

    /// <summary>Answers 200. Never blocks, however slowly the client reads.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="answer">Serialized by its own type, as problems are.</param>
    public static async Task WriteAsync(HttpContext http, object answer)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), ProblemWriter.Json);
        http.Response.ContentType = ContentType;
        http.Response.ContentLength = json.Length;
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }
}
