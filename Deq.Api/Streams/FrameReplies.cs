using System.Globalization;
using System.Text.Json;
using Deq.Api.Classification;
using Deq.Api.Errors;
using Deq.Runtime.Scheduling;

namespace Deq.Api.Streams;

/// <summary>Makes answers to frames as they go out.</summary>
internal static class FrameReplies
{
    /// <summary>Of a frame with nothing to be held against: always JSON.</summary>
    public static FrameReply Of(VideoStream stream, long index, int width, int height, string coldReason) => Of(
        new FrameAnswer(stream.Id, index, width, height, null, Warm: false, null, coldReason, [], [], null), body: null, AcceptHeader.Json);

    public static FrameReply Of(
        VideoStream stream, long index, FrameSolve solve, InferenceAnswer<FrameFlow?> answer, FrameFlow flow, SolveReport report)
    {
        string start = solve.StartOf(answer);
        var result = new FrameAnswer(
            stream.Id, index, solve.Frame!.Image.Width, solve.Frame.Image.Height, flow.Motion, answer.IsWarm, start, solve.ColdReason,
            Finite(answer.Start?.Residuals ?? []), Finite(answer.Residuals), report);
        return Of(result, flow.Body, stream.Terms.Output.ContentType);
    }

    private static FrameReply Of(FrameAnswer result, byte[]? body, string type) => body is null
        ? new FrameReply(AcceptHeader.Json, [], JsonSerializer.SerializeToUtf8Bytes(result, JsonSerializerOptions.Web), result)
        : new FrameReply(type, [.. HeadersOf(result)], body, result);

    /// <summary>What the body of a picture or of numbers has no place for.</summary>
    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(FrameAnswer result)
    {
        yield return new("Deq-Frame-Index", result.Index.ToString(CultureInfo.InvariantCulture));
        yield return new("Deq-Warm", result.Warm ? "true" : "false");
        yield return new("Deq-Start", result.Start ?? "");
        if (result.ColdReason is { } reason)
        {
            yield return new("Deq-Cold-Reason", reason);
        }

        yield return new("Deq-Residuals", string.Join(',', result.Residuals.Select(residual => residual?.ToString("g5", CultureInfo.InvariantCulture) ?? "")));
        if (result.Solve is { } solve)
        {
            yield return new("Deq-Converged", solve.Converged ? "true" : "false");
            yield return new("Deq-Stop", solve.Stop);
            yield return new("Deq-Evaluations", solve.Evaluations.ToString(CultureInfo.InvariantCulture));
            yield return new("Deq-Spent-Ms", solve.SpentMs.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static double?[] Finite(IReadOnlyList<double> residuals) => [.. residuals.Select(residual => double.IsFinite(residual) ? residual : (double?)null)];
}
