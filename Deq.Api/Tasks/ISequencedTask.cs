using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Api.Tasks;

/// <summary>A task by tensors whose solves may start where that of the request before ended.</summary>
internal interface ISequencedTask : ITensorTask
{
    /// <summary>The solve of a request with one row.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">As of <see cref="ITensorTask.Parts"/>.</param>
    /// <param name="last">What the sequence keeps of the request before.</param>
    ISequencedSolve Next(ServedModel model, IReadOnlyList<Tensor> inputs, StreamMemory last);
}

/// <summary>The solve of one request of a sequence. One owner.</summary>
internal interface ISequencedSolve
{
    /// <summary>What the engine solves; its result is as of <see cref="ITensorTask.Parts"/>.</summary>
    SolvePart Part { get; }

    /// <summary>Receives the best iterate.</summary>
    float[] State { get; }

    /// <summary>What the next request may start from, once the part was solved.</summary>
    /// <param name="chosen">The start that was taken; null without a plan.</param>
    SequencedOutcome Settle(ChosenStart? chosen);
}

/// <summary>What became of a request of a sequence.</summary>
/// <param name="Kept">What the next one may start from.</param>
/// <param name="Start">Where the solve started.</param>
/// <param name="ColdReason">Why it started cold; null when it did not.</param>
internal sealed record SequencedOutcome(IKeptFrame Kept, string Start, string? ColdReason);
