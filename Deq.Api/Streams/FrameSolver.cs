using System.Security.Cryptography;
using Deq.Api.Classification;
using Deq.Api.Errors;
using Deq.Api.Observability;
using Deq.Api.Settings;
using Deq.Runtime.Imaging;
using Deq.Runtime.Scheduling;

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

        return terms.Sizes.Refusal(header.Height, header.Width) is { } refusal ? throw new ProblemException(ProblemKinds.FrameSize, refusal) : header;
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
            : index != memory.Index + 1 ? ColdReasons.Gap
            : memory.State is null ? memory.Missing
            : null;
        using var solve = new FrameSolve(terms, memory, bytes, reason, limits, streams);
        try
        {
            InferenceAnswer<FrameFlow?> answer = await AskAsync(terms, solve, begun, cancellation);
            SolveReport report = terms.Grant.Report(answer);
            RequestRecord.Of(http).Note([report]);
            FrameFlow flow = answer.Result ?? throw new ProblemException(
                ProblemKinds.Diverged, "Every evaluation gave a number that is not finite. Another solver may do better.").With("solve", report);
            FrameReply reply = FrameReplies.Of(stream, index, solve, answer, flow, report);
            store.Keep(stream, new FrameMemory { Index = index, Digest = digest, Reply = reply, Frame = solve.Frame, State = solve.FinalState });
            return reply;
        }
        catch when (solve.HasFinalState)
        {
            // The state of the frame before is overwritten, and this frame was not answered.
            store.Keep(stream, memory.WithoutState());
            throw;
        }
    }

    private async Task<InferenceAnswer<FrameFlow?>> AskAsync(StreamTerms terms, FrameSolve solve, long begun, CancellationToken cancellation)
    {
        long submitted = clock.GetTimestamp();
        TimeSpan time = path.Left(TimeSpan.FromMilliseconds(terms.Grant.DeadlineMs), begun);
        AdmissionDecision decision = terms.Model.Engine.Submit(
            [solve.Request(time, cancellation)], out IReadOnlyList<Task<InferenceAnswer<FrameFlow?>>> answers);
        if (decision.Outcome != Admission.Accepted)
        {
            throw Classifier.Refused(decision);
        }

        try
        {
            InferenceAnswer<FrameFlow?> answer = await answers[0];
            path.Note(clock.GetElapsedTime(submitted) - answer.Elapsed);
            return answer;
        }
        catch (EngineStoppedException)
        {
            throw Classifier.Refused(new AdmissionDecision(Admission.Stopping, TimeSpan.Zero));
        }
    }
}
