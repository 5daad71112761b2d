using System.Text.Json.Nodes;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Streams;

/// <summary>A task whose models answer frames that follow one another.</summary>
internal interface IStreamedTask
{
    IModelTask Task { get; }

    /// <summary>What frames can be answered with; the first is the default.</summary>
    IReadOnlyList<string> Outputs { get; }

    /// <summary>Parameters of every frame, besides those of every solve, that a stream may be opened with. Default none.</summary>
    IReadOnlyList<SolveParameter> Parameters => [];

    /// <summary>The problems that its frames can have, beside those of every stream.</summary>
    IReadOnlyList<ProblemKind> Problems { get; }

    /// <summary>What each frame gets of what a stream is granted, where the task's own parameters change that. Default: all of it.</summary>
    BudgetReport BudgetOf(SolveGrant grant) => grant.Budget;

    /// <summary>Answers a frame, in its stream's turn.</summary>
    /// <exception cref="ProblemException">The frame has a fault, or the engine has no room.</exception>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    Task<FrameOutcome> AnswerAsync(StreamFrame frame, CancellationToken cancellation);

    /// <summary>The reply to a repeated frame whose stored reply was dropped.</summary>
    FrameReply ReplyOfLost(string stream, long index);

    /// <summary>An object that opens a stream, for the API document.</summary>
    JsonNode Opening { get; }

    /// <summary>The answers by type, for the API document.</summary>
    IReadOnlyDictionary<string, OpenApiMediaType> Describe(OperationFilterContext context);
}

/// <summary>A frame in its stream's turn.</summary>
internal sealed record StreamFrame
{
    /// <summary>The stream's id.</summary>
    public required string Stream { get; init; }

    public required StreamTerms Terms { get; init; }

    /// <summary>The model that the terms name.</summary>
    public required ServedModel Model { get; init; }

    /// <summary>What the stream keeps of the frame before.</summary>
    public required StreamMemory Last { get; init; }

    /// <summary>Above the last frame's.</summary>
    public required long Index { get; init; }

    public required FrameBytes Frame { get; init; }

    /// <summary>
    /// The clock's timestamp from which its deadline counts: of a frame that was posted, when its head came. One that came over a socket may have been read ahead of others, and
    /// counts from its turn among them: what it waited for them is no time of its own.
    /// </summary>
    public required long Begun { get; init; }

    /// <summary>Computes what belongs to no solve, and the frame's digest, on a decoding thread.</summary>
    public Task<T> ComputeAsync<T>(DecodingThreads decoding, Func<T> compute, CancellationToken cancellation) => decoding.RunAsync(
        Terms.Grant.Client,
        () =>
        {
            _ = Frame.Digest;
            return compute();
        },
        cancellation);
}

/// <summary>What became of a frame.</summary>
/// <param name="Reply">The answer.</param>
/// <param name="Kept">What the next frame may start from.</param>
internal sealed record FrameOutcome(FrameReply Reply, IKeptFrame Kept)
{
    /// <summary>Whether the solve started from the state of the frame before.</summary>
    public bool IsWarm { get; init; }

    /// <summary>Where the solve started; null when nothing was solved.</summary>
    public string? Start { get; init; }

    /// <summary>Why it started cold; null when it did not.</summary>
    public string? ColdReason { get; init; }
}
