using System.Text.Json.Nodes;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Restoration;

/// <summary>
/// Restores the frames of streams: from noise, or enlarged. Each solve starts where that of the frame before ended, wherever that explains the frame. Only waits; the engines'
/// threads and those for decoding do the work.
/// </summary>
internal sealed class RestorationStream(RequestLimits limits, HeldBodies bodies, DecodingThreads decoding, TimeProvider clock) : IStreamedTask
{
    private readonly AnswerPath _path = new(clock);

    public IModelTask Task { get; } = new RestorationTask();

    public IReadOnlyList<string> Outputs { get; } = [AcceptHeader.Json, ServedRestoration.Png];

    public IReadOnlyList<SolveParameter> Parameters { get; } = [RestorationParameters.Sigma, RestorationParameters.Lambda, RestorationParameters.Factor];

    public IReadOnlyList<ProblemKind> Problems { get; } =
        [ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow];

    public JsonNode Opening => JsonNode.Parse("""{"model":"restore","sigma":"20","output":"image/png"}""")!;

    public BudgetReport BudgetOf(SolveGrant grant) => grant.Asked.OfTask.GetValueOrDefault(RestorationParameters.Factor.Name, "1") == "1"
        ? grant.Budget
        : grant.WithDefaults(RestorationScales.LossyTolerance * grant.Tolerance, RestorationScales.LossyEvaluations * grant.MaxEvaluations).Budget;

    public async Task<FrameOutcome> AnswerAsync(StreamFrame frame, CancellationToken cancellation)
    {
        SolveGrant grant = frame.Terms.Grant;
        using HeldBodies.Share decoded = bodies.OpenInDebt(frame.Model.Manifest.Name, grant.Client);
        RestorationSolves solves = await frame.ComputeAsync(decoding, () => SolvesOf(frame, decoded), cancellation);
        float[][] ends = solves.NewStates();
        string? reason = ColdReason(frame, solves.FrameSize, ends.Length);
        solves = solves with { Ends = ends, Last = reason is null ? ((RestorationMemory)frame.Last.Kept!).States : null };

        long submitted = clock.GetTimestamp();
        TimeSpan left = _path.Left(TimeSpan.FromMilliseconds(grant.DeadlineMs), frame.Begun);
        if (await new EngineCall(frame.Model, grant, left).SolveAsync(solves.Parts(), null, continuesOnEngineThread: false, cancellation) is not { } parts)
        {
            throw new OperationCanceledException(cancellation);
        }

        TimeSpan spent = TimeSpan.FromMilliseconds(parts.Max(part => part.Report.SpentMs));
        long solved = clock.GetTimestamp();
        TaskAnswer answer = await frame.ComputeAsync(decoding, () => solves.Answer(parts, frame.Terms.Output), cancellation);
        _path.Note(clock.GetElapsedTime(submitted, solved) - AnswerPath.Granted(spent, left));
        RestoredFrame restored = Of(frame, (RestorationAnswer)answer.Json, solves.Continued, reason);
        return new FrameOutcome(ReplyOf(frame, restored, answer), new RestorationMemory(ends, solves.FrameSize.Width, solves.FrameSize.Height))
        {
            IsWarm = restored.Warm,
            Start = restored.Start,
            ColdReason = restored.ColdReason,
        };
    }

    public FrameReply ReplyOfLost(string stream, long index) => FrameReply.OfJson(new RestoredFrame
    {
        Stream = stream,
        Index = index,
        Width = 0,
        Height = 0,
        Warm = false,
        Start = null,
        ColdReason = RestoredFrame.Lost,
        Continued = 0,
        Restoration = null,
        Solves = [],
    });

    public IReadOnlyDictionary<string, OpenApiMediaType> Describe(OperationFilterContext context) => RestorationDocumentation.FrameContents(context);

    /// <summary>Decodes a frame, states its problems, and counts what it holds until it is answered; what the stream keeps from then on its store counts.</summary>
    private RestorationSolves SolvesOf(StreamFrame frame, HeldBodies.Share decoded)
    {
        var room = AnswerRoom.Of(frame.Terms.Grant.Asked.OfTask, frame.Terms.Output);
        long reserved = 0;
        PicturePlanes picture = EncodedImage.Checked(() => PicturePlanes.Decode(
            frame.Frame.Bytes, limits.OfImages(), (pixels, planes) => reserved = room.Take(decoded, pixels, planes, keepsStates: true)));
        var solves = new RestorationSolves(frame.Model, RestorationPayload.Of(picture, reserved), frame.Terms.Grant, frame.Terms.Output);
        solves.Hold(decoded, keepsStates: true);
        return solves;
    }

    /// <summary>Why a frame cannot start from the one before; null when it can.</summary>
    private static string? ColdReason(StreamFrame frame, (int Width, int Height) size, int solves) =>
        !frame.Terms.IsWarm ? RestoredFrame.Asked
        : frame.Last.Index < 0 ? RestoredFrame.First
        : frame.Last.Kept is not RestorationMemory { States: { } states } last ? RestoredFrame.Lost
        : (last.Width, last.Height) != size || states.Count != solves ? RestoredFrame.Size
        : null;

    private static RestoredFrame Of(StreamFrame frame, RestorationAnswer answer, double continued, string? reason) => new()
    {
        Stream = frame.Stream,
        Index = frame.Index,
        Width = answer.Width,
        Height = answer.Height,
        Warm = continued > 0,
        Start = continued > 0 ? RestoredFrame.Last : RestoredFrame.Cold,
        ColdReason = continued > 0 ? null : reason ?? RestoredFrame.Cut,
        Continued = Math.Round(continued, 4),
        Restoration = answer.Restoration,
        Solves = answer.Solves,
    };

    private static FrameReply ReplyOf(StreamFrame frame, RestoredFrame restored, TaskAnswer answer)
    {
        FrameReply json = FrameReply.OfJson(restored) with { Stop = SolveReport.StopsOf(restored.Solves), Evaluations = restored.Restoration!.Evaluations };
        return answer.Body is null ? json : json with
        {
            ContentType = frame.Terms.Output,
            Headers =
            [
                .. answer.Headers,
                ("Deq-Warm", restored.Warm ? "true" : "false"),
                .. FrameReply.HeadersOf(restored.Index, restored.Start!, restored.ColdReason),
            ],
            Body = answer.Body,
        };
    }
}
