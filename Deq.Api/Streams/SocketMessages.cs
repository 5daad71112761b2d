using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>The texts that a socket sends.</summary>
internal static class SocketMessages
{
    /// <summary>Adds to an answer the frames that were skipped before it, and the length of the binary message after it.</summary>
    public static byte[] Answer(byte[] json, long[] skipped, int? bytes)
    {
        if (skipped.Length == 0 && bytes is null)
        {
            return json;
        }

        JsonObject answer = JsonNode.Parse(json)!.AsObject();
        if (skipped.Length > 0)
        {
            answer["skipped"] = JsonSerializer.SerializeToNode(skipped);
        }

        if (bytes is { } length)
        {
            answer["bytes"] = length;
        }

        return JsonSerializer.SerializeToUtf8Bytes(answer, JsonSerializerOptions.Web);
    }

    /// <summary>What went wrong.</summary>
    /// <param name="http">The request that became the socket.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="index">Of the frame; null where it is the socket's.</param>
    /// <param name="skipped">Frames that were skipped before it.</param>
    public static byte[] Problem(HttpContext http, ProblemException problem, long? index, long[] skipped) => JsonSerializer.SerializeToUtf8Bytes(
        new { Index = index, Skipped = skipped.Length > 0 ? skipped : null, Problem = ProblemWriter.Describe(http, problem) }, ProblemWriter.Json);
}
