using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The protocol's sequences: each is a stream, within the bounds of all streams, that its client names by an id.</summary>
internal sealed class InferSequences(StreamStore store, StreamMetrics metrics)
{
    /// <summary>Answers a request in its sequence's turn.</summary>
    /// <param name="sequence">Which sequence, and whether it starts or ends.</param>
    /// <param name="model">The model.</param>
    /// <param name="grant">What the request may spend; names the client.</param>
    /// <param name="answer">Answers it, given what the sequence keeps; gives null when the client has left.</param>
    /// <param name="cancellation">When the client leaves.</param>
    /// <exception cref="ProblemException">The sequence is not open, or the client has too many.</exception>
    public async Task<InferAnswer?> AnswerAsync(
        InferSequence sequence, TensorModel model, SolveGrant grant, Func<StreamMemory, Task<(InferAnswer Answer, SequencedOutcome Outcome)?>> answer,
        CancellationToken cancellation)
    {
        (OpenStream stream, IDisposable entered) = await EnterAsync(sequence, model, grant, cancellation);
        using IDisposable turn = entered;
        StreamMemory last = sequence.IsStart ? StreamMemory.None : stream.Memory;

        // What never began takes no place among the client's streams.
        bool closes = sequence.IsStart || sequence.IsEnd;
        try
        {
            if (await answer(last) is not ({ } answered, { } outcome))
            {
                return null;
            }

            metrics.Answered(model.Name, outcome.Start, outcome.ColdReason);
            closes = sequence.IsEnd;
            if (!closes)
            {
                store.Keep(stream, After(last, outcome));
            }

            return answered;
        }
        catch (ProblemException problem) when (problem.RetryAfter is not null)
        {
            // The client will ask again.
            closes = false;
            throw;
        }
        finally
        {
            if (closes)
            {
                store.Close(stream);
            }
        }
    }

    private static StreamMemory After(StreamMemory last, SequencedOutcome outcome) => new()
    {
        Index = last.Index + 1,
        Frames = last.Frames + 1,
        WarmFrames = last.WarmFrames + (outcome.ColdReason is null ? 1 : 0),
        Kept = outcome.Kept,
    };

    /// <summary>The sequence's stream and its turn.</summary>
    private async Task<(OpenStream Stream, IDisposable Turn)> EnterAsync(InferSequence sequence, TensorModel model, SolveGrant grant, CancellationToken cancellation)
    {
        // The path of no stream has a slash, and another bundle of the model starts a new stream.
        string id = $"/{grant.Client}/{model.Name}/{model.Served.Sha256}/{sequence.Id}";
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            OpenStream stream = sequence.IsStart ? store.OpenNamed(id, grant.Client, TermsOf(model, grant)) : store.Find(id, grant.Client) ?? throw NotOpen(sequence);
            if (await store.EnterAsync(stream, cancellation) is { } turn)
            {
                return (stream, turn);
            }

            // What was open has lain idle for too long, or ended while this request waited for its turn: a start opens another.
            if (!sequence.IsStart)
            {
                throw NotOpen(sequence);
            }
        }
    }

    private static StreamTerms TermsOf(TensorModel model, SolveGrant grant) => new()
    {
        Model = model.Name,
        Version = model.Version,
        Sha256 = model.Served.Sha256,
        Grant = grant,
        Output = PayloadReader.Tensor,
        IsWarm = true,
    };

    private static ProblemException NotOpen(InferSequence sequence) => new(
        ProblemKinds.StreamNotFound,
        $"{InferParameters.SequenceId}: you have no open sequence '{sequence.Id.Shorten()}' of this model. The first request of a sequence has {InferParameters.SequenceStart}; one that lies idle is closed.");
}

/// <summary>What a request says of its sequence.</summary>
/// <param name="Id">As the client names it.</param>
/// <param name="IsStart">Whether it begins with this request.</param>
/// <param name="IsEnd">Whether it ends with it.</param>
internal sealed record InferSequence(string Id, bool IsStart, bool IsEnd);
