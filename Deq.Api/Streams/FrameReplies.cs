using System.Globalization;
using System.Text.Json;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Streams;

/// <summary>Makes answers to frames as they go out.</summary>
internal static class FrameReplies
{
    /// <summary>Of a frame with nothing to be held against: always JSON.</summary>
    public static FrameReply Of(VideoStream stream, long index, int width, int height, string coldReason) =>
        Json(new FrameAnswer(stream.Id, index, width, height, null, Warm: false, null, coldReason, [], [], null));

    public static FrameReply Of(
        VideoStream stream, long index, FrameSolve solve, InferenceAnswer<EstimatedMotion?> answer, EstimatedMotion motion, SolveReport report)
    {
        StreamTerms terms = stream.Terms;
        string start = solve.StartOf(answer);
        var result = new FrameAnswer(
            stream.Id, index, solve.Frame!.Image.Width, solve.Frame.Image.Height, motion.Statistics, answer.IsWarm, start, solve.ColdReason,
            Finite(answer.Start?.Residuals ?? []), Finite(answer.Residuals), report);
        return motion.Body is null ? Json(result) : new FrameReply(terms.Output.Type, [.. HeadersOf(terms, result, motion.Scale)], motion.Body, result);
    }

    private static FrameReply Json(FrameAnswer result) =>
        new(AcceptHeader.Json, [], JsonSerializer.SerializeToUtf8Bytes(result, JsonSerializerOptions.Web), result);

    /// <summary>What the body of a picture or of numbers has no place for.</summary>
    private static IEnumerable<(string Name, string Value)> HeadersOf(StreamTerms terms, FrameAnswer result, double scale)
    {
        ModelManifest manifest = terms.Model.Manifest;
        var answer = new FlowAnswer(manifest.Name, manifest.Version, terms.Model.Sha256, result.Flow!, result.Solve!);
        foreach ((string Name, string Value) header in SolveHeaders.Of(answer, terms.Output == FlowFormat.Colours ? scale : null))
        {
            yield return header;
        }

        yield return ("Deq-Frame-Index", result.Index.ToString(CultureInfo.InvariantCulture));
        yield return ("Deq-Start", result.Start!);
        if (result.ColdReason is { } reason)
        {
            yield return ("Deq-Cold-Reason", reason);
        }

        yield return ("Deq-Residuals", string.Join(',', result.Residuals.Select(residual => residual?.ToString("g5", CultureInfo.InvariantCulture) ?? "")));
    }

    private static double?[] Finite(IReadOnlyList<double> residuals) => [.. residuals.Select(residual => double.IsFinite(residual) ? residual : (double?)null)];
}
