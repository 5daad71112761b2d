using System.Globalization;
using System.Text.Json.Nodes;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Flow;

/// <summary>Answers the frames of streams with the flow from the frame before. Only waits; the engines' threads do the work.</summary>
internal sealed class FlowStream(
    RequestLimits limits, DecodingThreads decoding, FlowInputs inputs, TimeProvider clock) : IStreamedTask
{
    private readonly AnswerPath _path = new(clock);

    public IModelTask Task { get; } = new FlowTask();

    public IReadOnlyList<string> Outputs { get; } = [.. FlowFormat.All.Select(format => format.Type)];

    public IReadOnlyList<ProblemKind> Problems { get; } =
        [ProblemKinds.FrameSize, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow];

    public async Task<FrameOutcome> AnswerAsync(StreamFrame frame, CancellationToken cancellation)
    {
        ImageHeader header = await frame.ComputeAsync(decoding, () => HeaderOf(frame), cancellation);
        frame.Terms.Grant.Quota?.Decoded((long)header.Width * header.Height);
        GuidedModel model = inputs.Of(frame.Model);
        var start = new FrameStart(frame, header, model);
        return start.IsPair
            ? await SolveAsync(frame, start, model, cancellation)
            : await StoreFirstAsync(frame, start.ColdReason!, cancellation);
    }

    public FrameReply ReplyOfLost(string stream, long index) => FrameReply.OfJson(Unsolved(stream, index, 0, 0, ColdReasons.Lost));

    public JsonNode Opening => JsonNode.Parse("""{"model":"flow","budget":"fast","output":"image/png"}""")!;

    public IReadOnlyDictionary<string, OpenApiMediaType> Describe(OperationFilterContext context) => FlowDocumentation.FrameContents(context);

    private ImageHeader HeaderOf(StreamFrame frame)
    {
        ImageHeader header = EncodedImage.Checked(() => ImageDecoder.Identify(frame.Frame.Bytes, limits.OfImages()));
        FrameSizeCheck.Check((header.Width, header.Height), (header.Width, header.Height), frame.Model.Manifest.Input);
        return header;
    }

    /// <summary>Keeps a frame that has no previous one to estimate the flow from.</summary>
    private async Task<FrameOutcome> StoreFirstAsync(StreamFrame frame, string reason, CancellationToken cancellation)
    {
        KeptFrame kept = await frame.ComputeAsync(decoding, () => KeptFrame.Of(frame, limits), cancellation);
        FrameReply reply = FrameReply.OfJson(Unsolved(frame.Stream, frame.Index, kept.Image.Width, kept.Image.Height, reason));
        return new FrameOutcome(reply, new FlowMemory { Frame = kept, ColdReason = reason }) { ColdReason = reason };
    }

    private async Task<FrameOutcome> SolveAsync(StreamFrame frame, FrameStart start, GuidedModel model, CancellationToken cancellation)
    {
        long submitted = clock.GetTimestamp();
        SolveGrant grant = frame.Terms.Grant;
        TimeSpan left = _path.Left(TimeSpan.FromMilliseconds(grant.DeadlineMs), frame.Begun);
        var call = new EngineCall(frame.Model, grant, left);
        var solve = new FrameSolve(frame, start, model, limits);
        if (await call.SolveAsync([solve.Part()], null, continuesOnEngineThread: false, cancellation) is not [var solved])
        {
            throw new OperationCanceledException(cancellation);
        }

        _path.Note(clock.GetElapsedTime(submitted) - AnswerPath.Granted(TimeSpan.FromMilliseconds(solved.Report.SpentMs), left));
        FlowMemory memory = solve.Memory();
        var motion = (EstimatedMotion)solved.Result;
        var answer = new FrameAnswer
        {
            Stream = frame.Stream,
            Index = frame.Index,
            Width = memory.Frame.Image.Width,
            Height = memory.Frame.Image.Height,
            Flow = motion.Statistics,
            Warm = solved.Report.Warm,
            Start = start.Settle(solved.Start),
            ColdReason = start.ColdReason,
            Tried = Finite(solved.Start?.Residuals ?? []),
            Residuals = Finite(solved.Residuals),
            Solve = solved.Report,
        };
        FrameReply reply = ReplyOf(frame, answer, motion) with { Stop = solved.Report.Stop, Evaluations = solved.Report.Evaluations };
        return new FrameOutcome(reply, memory) { IsWarm = answer.Warm, Start = answer.Start, ColdReason = answer.ColdReason };
    }

    private static FrameAnswer Unsolved(string stream, long index, int width, int height, string reason) => new()
    {
        Stream = stream,
        Index = index,
        Width = width,
        Height = height,
        Flow = null,
        Warm = false,
        Start = null,
        ColdReason = reason,
        Tried = [],
        Residuals = [],
        Solve = null,
    };

    private static FrameReply ReplyOf(StreamFrame frame, FrameAnswer answer, EstimatedMotion motion)
    {
        FrameReply json = FrameReply.OfJson(answer);
        return motion.Body is null ? json : json with
        {
            ContentType = frame.Terms.Output,
            Headers = [.. HeadersOf(frame.Terms, answer, motion.Scale)],
            Body = motion.Body,
        };
    }

    /// <summary>The report of an answer whose body is a picture or numbers.</summary>
    private static IEnumerable<(string Name, string Value)> HeadersOf(StreamTerms terms, FrameAnswer answer, double scale)
    {
        var flow = new FlowAnswer(terms.Model, terms.Version, terms.Sha256, answer.Flow!, answer.Solve!);
        foreach ((string Name, string Value) header in SolveHeaders.Of(flow, terms.Output == FlowFormat.Colours.Type ? scale : null))
        {
            yield return header;
        }

        foreach ((string Name, string Value) header in FrameReply.HeadersOf(answer.Index, answer.Start!, answer.ColdReason))
        {
            yield return header;
        }

        yield return ("Deq-Residuals", string.Join(',', answer.Residuals.Select(residual => residual?.ToString("g5", CultureInfo.InvariantCulture) ?? "")));
    }

    private static double?[] Finite(IReadOnlyList<double> residuals) => [.. residuals.Select(residual => double.IsFinite(residual) ? residual : (double?)null)];
}
