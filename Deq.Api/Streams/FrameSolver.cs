using System.Security.Cryptography;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Streams;

/// <summary>Answers the frames of streams, one after the other within a stream. Only waits; the engines' threads do the work.</summary>
internal sealed class FrameSolver(
    IStreamStore store, StreamLimits streams, RequestLimits limits, FrameDecoding decoding, AnswerPath path, StreamMetrics metrics, TimeProvider clock)
{
    /// <summary>Answers a frame.</summary>
    /// <param name="http">The request that brought it, or that became its socket.</param>
    /// <param name="stream">The caller's stream.</param>
    /// <param name="index">The frame's index, at least 0; null: one more than the last.</param>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    /// <exception cref="ProblemException">The stream is gone, the index is another frame's, the frame has a fault, or the engine has no room.</exception>
    public async Task<FrameReply> AnswerAsync(HttpContext http, VideoStream stream, long? index, byte[] bytes, CancellationToken cancellation)
    {
        long begun = clock.GetTimestamp();
        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using IDisposable turn = await store.EnterAsync(stream, cancellation) ?? throw StreamProblems.NotFound();
        FrameMemory memory = stream.Memory;
        long place = index ?? (memory.Index + 1);
        if (place <= memory.Index)
        {
            return place == memory.Index && digest == memory.Digest ? Again(stream, memory) : throw StreamProblems.Conflict(place, memory.Index);
        }

        ImageHeader header = HeaderOf(stream.Terms, bytes);
        string? unsolved = memory.Index < 0 ? ColdReasons.First
            : memory.Frame is not { } before ? ColdReasons.Lost
            : before.Image.Width != header.Width || before.Image.Height != header.Height ? ColdReasons.Size
            : null;
        FrameReply reply = unsolved is null
            ? await SolveAsync(http, stream, memory, place, digest, bytes, begun, cancellation)
            : await TakeInAsync(stream, place, digest, bytes, unsolved, cancellation);
        stream.Frames++;
        stream.WarmFrames += reply.Result.Warm ? 1 : 0;
        metrics.Answered(stream.Terms.Model.Manifest.Name, reply.Result.Start, reply.Result.ColdReason);
        return reply;
    }

    /// <summary>What was answered already; only that there is nothing left to say where it was dropped.</summary>
    private static FrameReply Again(VideoStream stream, FrameMemory memory) =>
        memory.Reply ?? FrameReplies.Of(stream, memory.Index, memory.Frame?.Image.Width ?? 0, memory.Frame?.Image.Height ?? 0, ColdReasons.Lost);

    private ImageHeader HeaderOf(StreamTerms terms, byte[] bytes)
    {
        ImageHeader header;
        try
        {
            header = ImageDecoder.Identify(bytes, limits.OfImages());
        }
        catch (ImageRejectedException rejected)
        {
            throw EncodedImage.ProblemOf(rejected);
        }

        return terms.Sizes.Refusal(header.Height, header.Width) is { } refusal ? throw new ProblemException(
            Math.Min(header.Width, header.Height) < terms.Sizes.LeastSide ? ProblemKinds.FrameSize : ProblemKinds.ImageTooLarge, refusal) : header;
    }

    /// <summary>A frame with nothing to be held against.</summary>
    private async Task<FrameReply> TakeInAsync(
        VideoStream stream, long index, string digest, byte[] bytes, string reason, CancellationToken cancellation)
    {
        try
        {
            KeptFrame frame = await decoding.DecodeAsync(bytes, limits.OfImages(), cancellation);
            FrameReply reply = FrameReplies.Of(stream, index, frame.Image.Width, frame.Image.Height, reason);
            store.Keep(stream, new FrameMemory { Index = index, Digest = digest, Reply = reply, Frame = frame, Missing = reason });
            return reply;
        }
        catch (ImageRejectedException rejected)
        {
            throw EncodedImage.ProblemOf(rejected);
        }
    }

    private async Task<FrameReply> SolveAsync(
        HttpContext http, VideoStream stream, FrameMemory memory, long index, string digest, byte[] bytes, long begun, CancellationToken cancellation)
    {
        StreamTerms terms = stream.Terms;
        string? reason = !terms.IsWarm ? ColdReasons.Asked
            : !streams.Trusts(terms.Model.Manifest) ? ColdReasons.Model
            : index != memory.Index + 1 ? ColdReasons.Gap
            : memory.State is null ? memory.Missing
            : null;
        using var solve = new FrameSolve(terms, memory, bytes, reason, limits, streams);
        try
        {
            long submitted = clock.GetTimestamp();
            TimeSpan time = path.Left(TimeSpan.FromMilliseconds(terms.Grant.DeadlineMs), begun);
            FrameReply reply = await EngineCall.SolveOneAsync<EstimatedMotion?, FrameReply>(
                terms.Model, together => solve.Request(time, together), answer => ReplyOf(stream, index, solve, answer), cancellation);
            SolveReport report = reply.Result.Solve!;
            path.Note(clock.GetElapsedTime(submitted) - TimeSpan.FromMilliseconds(report.SpentMs));
            RequestRecord.Of(http).Note([report]);
            store.Keep(stream, new FrameMemory
            {
                Index = index,
                Digest = digest,
                Reply = reply,
                Frame = solve.Frame,
                State = solve.FinalState,
                Earlier = memory.Frame!.Halved,
                EarlierFlow = solve.EarlierFlow,
                Fit = solve.FinalFit,
            });
            return reply;
        }
        catch when (solve.HasFinalState)
        {
            // The state of the frame before is overwritten, and this frame was not answered.
            store.Keep(stream, memory.WithoutState());
            throw;
        }
    }

    private static FrameReply ReplyOf(VideoStream stream, long index, FrameSolve solve, InferenceAnswer<EstimatedMotion?> answer)
    {
        SolveReport report = stream.Terms.Grant.Report(answer);
        return FrameReplies.Of(stream, index, solve, answer, answer.Result ?? throw EngineCall.Diverged(report), report);
    }
}
