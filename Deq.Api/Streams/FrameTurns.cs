using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>What happens to a frame in its stream's turn, wherever the stream lives.</summary>
internal sealed class FrameTurns(ModelCatalogue models, IEnumerable<IStreamedTask> tasks, DecodingThreads decoding, HeldBodies bodies, StreamMetrics metrics)
{
    private readonly Dictionary<string, IStreamedTask> _tasks = tasks.ToDictionary(task => task.Task.Name, StringComparer.Ordinal);

    /// <summary>The answer, and what the stream keeps from now on; null where that does not change.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="terms">The stream's.</param>
    /// <param name="last">What the stream keeps of the frame before.</param>
    /// <param name="begun">See <see cref="StreamFrame.Begun"/>.</param>
    /// <param name="cancellation">When the client leaves.</param>
    /// <exception cref="ProblemException">The index is another frame's, the frame has a fault, or the engine has no room.</exception>
    public async Task<(FrameReply Reply, StreamMemory? Memory)> AnswerAsync(
        FrameMessage frame, StreamTerms terms, StreamMemory last, long begun, CancellationToken cancellation)
    {
        using ModelLease lease = models.Rent(terms.Model);
        ServedModel model = lease.Model;
        if (!_tasks.TryGetValue(model.Manifest.Task, out IStreamedTask? task))
        {
            // The name is another model's now, of a task without streams.
            throw StreamProblems.NotFound();
        }

        var bytes = new FrameBytes(frame.Bytes);
        long index = frame.Index ?? (last.Index + 1);
        if (index <= last.Index)
        {
            bool isRepeated = index == last.Index && await decoding.RunAsync(frame.Client, () => bytes.Digest, cancellation) == last.Digest;
            return isRepeated ? (last.Reply ?? task.ReplyOfLost(frame.Stream, index), null) : throw StreamProblems.Conflict(index, last.Index);
        }

        if (index > FrameMessage.MostIndex)
        {
            throw StreamProblems.Full(last.Index);
        }

        if (model.Sha256 != terms.Sha256)
        {
            throw StreamProblems.NotFound();
        }

        FrameOutcome outcome = await task.AnswerAsync(
            new StreamFrame { Stream = frame.Stream, Terms = TermsOf(frame, terms), Model = model, Last = last, Index = index, Frame = bytes, Begun = begun }, cancellation);
        metrics.Answered(terms.Model, outcome.Start, outcome.ColdReason);
        return (outcome.Reply, new StreamMemory
        {
            Index = index,
            Digest = bytes.Digest,
            Frames = last.Frames + 1,
            WarmFrames = last.WarmFrames + (outcome.IsWarm ? 1 : 0),
            Reply = outcome.Reply with { Stop = null },
            Kept = outcome.Kept,
        });
    }

    /// <summary>The terms with what the client may take now, which may have changed since the stream was opened.</summary>
    private StreamTerms TermsOf(FrameMessage frame, StreamTerms terms)
    {
        using HeldBodies.Share share = bodies.OpenInDebt(terms.Model, frame.Client);
        return terms with { Grant = terms.Grant.For(share) };
    }
}
