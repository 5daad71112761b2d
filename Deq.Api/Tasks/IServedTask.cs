using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks;

/// <summary>A task as clients meet it: what requests bring, what is solved, and how the answer reads. One endpoint serves all tasks.</summary>
internal interface IServedTask
{
    IModelTask Task { get; }

    /// <summary>The last part of the path; also the name of the operation in the API document.</summary>
    string Path { get; }

    /// <summary>What the API document says of it in words.</summary>
    TaskText Text { get; }

    /// <summary>The parameters that it takes, in the query or as fields of a form.</summary>
    IReadOnlyList<SolveParameter> Parameters { get; }

    /// <summary>The problems that its own inputs can have, beside those of every task.</summary>
    IReadOnlyList<ProblemKind> Problems { get; }

    /// <summary>What it answers with, at least one; the first where a client wants several alike. Events are sent where <see cref="AcceptHeader.EventStream"/> is among them.</summary>
    IReadOnlyList<string> MediaTypes { get; }

    /// <summary>Reads a body without decoding it; null where it ended early.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit.</exception>
    Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share);

    /// <summary>Makes the answer of what was solved.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parts">In the order of the inputs.</param>
    /// <param name="mediaType">One of <see cref="MediaTypes"/>.</param>
    TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType);

    /// <summary>What else the models of the task do, each at its own path. Default nothing.</summary>
    IReadOnlyList<IServedTask> Further => [];

    /// <summary>Why a model of the task is not served here. Default null: it is.</summary>
    ProblemException? RefusalOf(ServedModel model) => null;

    /// <summary>What a request gets that asks for nothing, and the most that it gets. Default: as the model's manifest says.</summary>
    SolveDefaults DefaultsOf(ModelManifest manifest) => manifest.Defaults;

    /// <summary>Has a request solved; null when the client has left. Default: its parts at once.</summary>
    /// <param name="call">The parts of the request.</param>
    /// <param name="solve">Has a call solved, as often as the task needs.</param>
    Task<SolvedPart[]?> SolveAsync(SolveCall call, Func<SolveCall, Task<SolvedPart[]?>> solve) => solve(call);

    /// <summary>Whether stating the parts and making the answer take so long, as checking and encoding a picture do, that one of <see cref="DecodingThreads"/> does it. Default false.</summary>
    bool Computes => false;

    /// <summary>The label that a result is for, so that several models can vote on an input. Default null: results of this task are no labels.</summary>
    Func<object, LabelVote>? VoteOf => null;

    /// <summary>The task by tensors. Default: those of the model's graphs.</summary>
    ITensorTask Tensors => GraphTensors.Instance;

    /// <summary>The body of a call such as clients make, for the server to make first. Default null: none is worth it.</summary>
    HttpContent? FirstCall(ModelManifest manifest) => null;

    /// <summary>Adds to the API document what only this task knows: its body, headers and answers.</summary>
    void Describe(OpenApiOperation operation, OperationFilterContext context);
}

/// <summary>One of a model's labels as the result of a solve.</summary>
/// <param name="Index">Its place among the model's labels.</param>
/// <param name="Probability">What the model itself gives it, in [0, 1].</param>
internal readonly record struct LabelVote(int Index, double Probability);

/// <summary>A task in words.</summary>
/// <param name="Tag">The heading under which it stands.</param>
/// <param name="Summary">One line.</param>
/// <param name="Description">What to send, what comes back.</param>
internal sealed record TaskText(string Tag, string Summary, string Description);

/// <summary>What a request brings, not decoded yet.</summary>
/// <param name="Parts">Makes what is solved, at least one, given what it may spend and the type of the answer.</param>
/// <param name="Fields">Parameters among the fields of a form; a name may come more than once.</param>
internal sealed record TaskInput(Func<SolveGrant, string, IReadOnlyList<SolvePart>> Parts, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>An answer.</summary>
/// <param name="Json">The answer as JSON, serialized by its own type.</param>
internal sealed record TaskAnswer(object Json)
{
    /// <summary>The bytes to send where the answer is of another type. Default null: JSON is sent.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The solves that count as the answer, for clients that require convergence. Default null: all.</summary>
    public IReadOnlyList<SolveReport>? Solves { get; init; }

    /// <summary>Whether all solves are parts of one image, such as its planes. Default false.</summary>
    public bool IsOfOne { get; init; }

    /// <summary>Headers beside it.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}
